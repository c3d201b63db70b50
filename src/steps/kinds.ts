import type { Post } from '../channels/post.ts';
import type { StepKind } from '../runs/step-kind.ts';
import type { Clock } from '../std/clock.ts';
import type { Logger } from '../std/logger.ts';
import type { Processes } from '../std/command.ts';
import type { Redaction } from '../std/redact.ts';
import { SystemProcesses } from '../std/process.ts';
import type { Service } from '../std/service.ts';
import type { Isolation } from '../std/isolation/isolation.ts';
import { IsolatedProcesses } from '../std/isolation/isolated-processes.ts';
import { answerStep } from './answer.ts';
import { AttemptFolders } from './attempt-folders.ts';
import { emitStep } from './emit.ts';
import { gateStep } from './gate.ts';
import { HttpClient } from './http-client.ts';
import { httpStep } from './http.ts';
import { ModelClient } from './model.ts';
import type { Models } from './models.ts';
import { type AcceptNotification, notifyStep } from './notify.ts';
import { openPost } from './post.ts';
import { promptStep } from './prompt.ts';
import { runStep } from './run.ts';
import { sleepStep } from './sleep.ts';
import { openBuiltInTools, toolShape } from './tools/built-in.ts';
import { toolStep } from './tools/step.ts';
import type { FindTool, OwnToolOptions } from './tools/own/call.ts';
import { ownToolStep } from './tools/own/step.ts';
import type { Upkeep } from './tools/signalbox.ts';
import type { Tool } from './tools/tool.ts';
import { waitStep } from './wait.ts';

/** The file that is the body of the process of a tool's module. */
const TOOL_ENTRY = new URL('../steps/tools/own/worker.js', import.meta.url);

/** Where nobody tells anything, as in a reading of files. */
const NO_DAEMON = {
  kind: 'refused',
  code: 'daemon.absent',
  message: 'No daemon runs here that it could be done to.',
} as const;
const NOBODY = { kind: 'refused', reason: 'nobody tells anything here' } as const;

/** What the built-in steps need to know of the daemon. */
export interface BuiltInStepsOptions {
  /** Letters and digits that stand for the data directory: see `SystemProcesses`. */
  readonly owner: string;
  /** `security.http_allow`. */
  readonly httpAllow: readonly string[];
  /** Closed to tools. */
  readonly dataDirectory: string;
  /** `models` of the configuration. */
  readonly models: Models;
  /** Finds the tools that catalogs bring, where there are catalogs. */
  readonly findTool?: FindTool;
  /** Accepts what `notify` steps have told; nobody is told without it. */
  readonly notify?: AcceptNotification | undefined;
  /** Does to the daemon what flows ask, where there is one. */
  readonly upkeep?: Upkeep | undefined;
  /** How calls of users' tools are made where that is not as in runs. */
  readonly toolCalls?: Pick<OwnToolOptions, 'mode' | 'onLog'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How commands are kept from seeing the daemon; without it they are not. */
  readonly isolation?: Isolation | undefined;
  /** Takes the secrets that are known out of what steps tell. */
  readonly redaction?: Redaction | undefined;
}

/**
 * The built-in kinds of steps with the life that they share: processes, connections and temporary
 * files.
 *
 * Making it starts nothing. `start` needs the data directory's lock: it ends what an earlier daemon
 * left running. `stop` ends what this one left.
 */
export class BuiltInSteps implements Service {
  readonly name = 'steps';
  readonly kinds: readonly StepKind[];
  readonly tools: readonly Tool[];
  /** How commands of users are run: for whatever else runs some. */
  readonly processes: Processes;
  /** How JSON is posted to where `http` steps may reach: for whatever else posts some. */
  readonly post: Post;
  readonly #logger: Logger;
  readonly #processes: SystemProcesses;
  readonly #folders: AttemptFolders;
  readonly #client: HttpClient;
  readonly #models = new ModelClient();

  constructor(options: BuiltInStepsOptions) {
    const { owner, httpAllow, dataDirectory, models, clock, logger, isolation } = options;
    const { redaction } = options;
    this.#logger = logger;
    this.#processes = new SystemProcesses({ owner, clock });
    this.processes = isolatedBy(isolation, this.#processes);
    this.#folders = new AttemptFolders({ owner });
    this.#client = new HttpClient({ allow: httpAllow });
    const { processes } = this;
    this.post = openPost(this.#client, () => clock.now());
    const [folders, environment] = [this.#folders, process.env];
    const http = httpStep(this.#client);
    const closed = [dataDirectory];
    const { upkeep = async () => NO_DAEMON } = options;
    this.tools = openBuiltInTools({ processes, environment, http, closed, upkeep });
    const commands = { processes, folders, environment, redact: redaction?.text };
    const { notify = async () => NOBODY } = options;
    const { findTool: find = async () => undefined, toolCalls } = options;
    const calls = { find, entry: TOOL_ENTRY, ...toolCalls };
    this.kinds = [
      runStep(commands),
      ownToolStep(toolStep(toolShape, this.tools), { ...commands, ...calls }),
      http,
      promptStep({ client: this.#models, models, environment, redaction, findTool: find }),
      emitStep(),
      notifyStep(notify),
      sleepStep(),
      gateStep(),
      waitStep(),
      answerStep(),
    ];
  }

  async start(): Promise<void> {
    const orphans = await this.#processes.killOrphans();
    await this.#folders.clear();
    if (orphans > 0)
      this.#logger.warn('killed what steps of an earlier daemon left', { processes: orphans });
    for (const limit of this.#processes.limits()) this.#logger.warn(limit);
  }

  async stop(): Promise<void> {
    await this.#client.stop();
    await this.#models.stop();
    await this.#processes.stop();
  }
}

function isolatedBy(isolation: Isolation | undefined, processes: Processes): Processes {
  return isolation === undefined ? processes : new IsolatedProcesses({ processes, isolation });
}
