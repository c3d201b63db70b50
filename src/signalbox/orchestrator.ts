import { loadConfiguration } from '../config.ts';
import type { SourceFile } from '../flows/catalog.ts';
import { openSignalbox, type Signalbox } from '../signalbox.ts';
import { SystemClock } from '../std/clock.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Json } from '../std/json.ts';
import { type Logger, silentLogger } from '../std/logger.ts';
import { builtInShapes } from '../steps/shapes.ts';
import type { EventResult } from '../views/event-result.ts';
import { CommitSignal } from '../store/commit-signal.ts';
import { type Handling, handleEvent } from './handling.ts';
import { refusedFindings } from './refused-findings.ts';

/** The types of sources and events of seed 003; a type of your own is `custom`, by its own name. */
export type EventType =
  | 'file_change'
  | 'git_push'
  | 'git_pr'
  | 'webhook'
  | 'schedule'
  | 'manual'
  | 'custom'
  | (string & {});

/**
 * Something that happened outside, in the words of seed 003's `Event`. Its handler finds payload
 * and timestamp: whoever names the handler starts it by hand, and so type and source are those of
 * `manual.triggered`.
 */
export interface ExternalEvent {
  readonly type: EventType;
  readonly source: string;
  readonly payload: Json;
  /** ISO 8601. */
  readonly timestamp?: string;
}

/** What an orchestrator is made of. */
export interface OrchestratorOptions {
  /** The configuration file; its folder is what paths are relative to. */
  readonly config: string;
  readonly dataDirectory: string;
  /** What `${NAME}` stands for; the process's environment where it is left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly logger?: Logger;
}

/**
 * Seed 003's `EventDrivenOrchestrator`: it hears sources, matches what they tell with handlers,
 * and runs these to their end.
 */
export interface EventDrivenOrchestrator {
  /** The running engine: all else that it can do. Throws before `start`. */
  readonly box: Signalbox;
  /**
   * Opens a source that names a handler of the configuration; while it runs at once, else with
   * `start`. What is registered stands in the log with the other definitions, so a secret is given
   * by reference, as in `secret: '${WEBHOOK_SECRET}'`.
   *
   * @throws SignalboxError `config.invalid` with each finding, where it runs; then all stays.
   */
  registerSource(type: EventType, config: object, handler: string): Promise<void>;
  /** Has a handler process an event: resolves when its run has ended. Throws before `start`. */
  handleEvent(event: ExternalEvent, handler: string): Promise<EventResult>;
  /** Takes the data directory and begins to listen, also after a stop. Safe twice. */
  start(): Promise<void>;
  /** Lets what is under way end or rest. Safe twice. */
  stop(): Promise<void>;
}

/** The name of the file that holds what code registers, in the log. */
const REGISTERED = 'flows/registered.json';

/** An orchestrator over one configuration and data directory. It does nothing before `start`. */
export function createOrchestrator(options: OrchestratorOptions): EventDrivenOrchestrator {
  return new Orchestrator(options);
}

class Orchestrator implements EventDrivenOrchestrator {
  readonly #options: OrchestratorOptions;
  #registered: readonly object[] = [];
  #stopping = new AbortController();
  #handling: Handling | undefined;
  /** What changes the engine, one after the other: each finds what the one before it left. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: OrchestratorOptions) {
    this.#options = options;
  }

  get box(): Signalbox {
    return this.#started().box;
  }

  registerSource(type: EventType, config: object, handler: string): Promise<void> {
    return this.#inTurn(() => this.#register({ ...config, type, handler }));
  }

  async handleEvent(event: ExternalEvent, handler: string): Promise<EventResult> {
    const { payload, timestamp: time } = event;
    return handleEvent(this.#started(), { flow: handler, data: JSON.stringify(payload), time });
  }

  start(): Promise<void> {
    return this.#inTurn(() => this.#start());
  }

  stop(): Promise<void> {
    this.#stopping.abort();
    return this.#inTurn(() => this.#stop());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #register(source: object): Promise<void> {
    const before = this.#registered;
    this.#registered = [...before, source];
    try {
      const reloaded = await this.#handling?.box.reload({ actor: 'code' });
      if (reloaded?.ok === false) throw refusedFindings(reloaded.findings);
    } catch (error) {
      this.#registered = before;
      throw error;
    }
  }

  async #start(): Promise<void> {
    if (this.#handling !== undefined) return;
    const { config, dataDirectory, env = process.env, logger = silentLogger } = this.#options;
    const { configuration, findings } = await loadConfiguration({
      file: config,
      env,
      shapes: builtInShapes,
      written: () => this.#written(),
    });
    if (configuration === undefined) throw refusedFindings(findings);
    const box = await openSignalbox({
      configuration,
      dataDirectory,
      mode: 'run',
      apply: true,
      logger,
    });
    const commits = new CommitSignal(box.store, new SystemClock());
    this.#stopping = new AbortController();
    this.#handling = { box, commits, stopping: this.#stopping.signal };
  }

  async #stop(): Promise<void> {
    // What began while it waited for its turn has to end too.
    this.#stopping.abort();
    const handling = this.#handling;
    this.#handling = undefined;
    await handling?.box.stop();
  }

  #started(): Handling {
    if (this.#handling !== undefined) return this.#handling;
    throw new SignalboxError('orchestrator.not_started', 'Start the orchestrator first.');
  }

  #written(): readonly SourceFile[] {
    if (this.#registered.length === 0) return [];
    return [{ path: REGISTERED, text: JSON.stringify({ sources: this.#registered }) }];
  }
}
