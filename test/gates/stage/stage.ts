import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { loadConfiguration, type Configuration } from '../../../src/config.ts';
import type { Trust } from '../../../src/events/event.ts';
import type { Proposed } from '../../../src/gates/content.ts';
import { type Decider, OWNER_NAME } from '../../../src/gates/decide.ts';
import { checkRows } from '../../../src/runs/rebuild.ts';
import type { StepContext, StepKind, StepResult } from '../../../src/runs/step-kind.ts';
import { openEngine, type Signalbox } from '../../../src/signalbox.ts';
import { VirtualTime } from '../../../src/signalbox/testing/virtual-time.ts';
import type { Clock } from '../../../src/std/clock.ts';
import { sha256 } from '../../../src/std/canonical-json.ts';
import { formatFinding } from '../../../src/std/diagnostics.ts';
import { isObject, type Json } from '../../../src/std/json.ts';
import { silentLogger } from '../../../src/std/logger.ts';
import type { Random } from '../../../src/std/random.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import { nextTurn } from '../../../src/std/turn.ts';
import { emitStep } from '../../../src/steps/emit.ts';
import { gateStep } from '../../../src/steps/gate.ts';
import { runShape } from '../../../src/steps/run-shape.ts';
import { builtInShapes } from '../../../src/steps/shapes.ts';
import type { Store } from '../../../src/store/contract.ts';
import type { EntityRow } from '../../../src/store/entity.ts';
import { type Death, mortalStore } from '../../channels/kills.ts';
import { type DurableLog, sqliteLogs } from '../../simulation/engine/durable-log.ts';

/** One call of a step, as the world saw it. */
export interface Call extends Pick<
  StepContext,
  'flow' | 'step' | 'run' | 'attempt' | 'key' | 'input'
> {
  readonly kind: string;
  readonly trust: Trust;
  /** The last record that was durable as it was called. */
  readonly head: number;
  /** What the script of commands was by then. */
  readonly script: string;
}

/** What the world makes of a call. */
export type Act = (call: Call) => StepResult;

export interface StageOptions {
  /** What stands in the configuration. */
  readonly settings: object;
  readonly random: Random;
  readonly act?: Act;
  /** When the first process dies; it lives on where it is left out. */
  readonly death?: Death | undefined;
}

export const OWNER: Decider = { who: OWNER_NAME, by: OWNER_NAME, role: 'admin' };

const BEGIN = Date.UTC(2026, 0, 1);
const newLog = await sqliteLogs();
const DONE: StepResult = { kind: 'done', output: 'ok' };

/** A process: what it is given ends with it. */
interface Life {
  isDead: boolean;
}

/**
 * The whole engine over a log in memory and under virtual time, whose processes may die at any
 * commit. What its steps do is noted as they are called, and done to nothing.
 */
export class Stage {
  readonly calls: Call[] = [];
  /** The bytes of the file that every command reads: somebody may swap them. */
  script = '';
  readonly time: VirtualTime;
  readonly #options: StageOptions;
  readonly #configuration: Configuration;
  readonly #log: DurableLog;
  #life: Life = { isDead: false };
  #engine: Signalbox | undefined;
  #store: Store | undefined;

  private constructor(options: StageOptions, configuration: Configuration) {
    this.#options = options;
    this.#configuration = configuration;
    this.#log = newLog();
    this.time = new VirtualTime(new SimulatedClock(BEGIN));
  }

  static async open(options: StageOptions): Promise<Stage> {
    const loaded = await loadConfiguration({
      file: join(tmpdir(), 'signalbox-stage', 'signalbox.json'),
      text: JSON.stringify(options.settings),
      files: [],
      env: {},
      shapes: builtInShapes,
    });
    const { configuration, findings } = loaded;
    if (configuration === undefined) throw new Error(findings.map(formatFinding).join('\n'));
    const stage = new Stage(options, configuration);
    await stage.reopen(options.death);
    return stage;
  }

  get engine(): Signalbox {
    if (this.#engine === undefined) throw new Error('the process died before it was ready');
    return this.#engine;
  }

  get clock(): SimulatedClock {
    return this.time.clock;
  }

  /** Whether the process has died and none has come after it. */
  get isDead(): boolean {
    return this.#life.isDead;
  }

  /** The next process on the same log; the one before it is gone, wherever it was. */
  async reopen(death?: Death): Promise<void> {
    this.#life.isDead = true;
    const life: Life = { isDead: false };
    this.#life = life;
    const clock = mortalClock(this.clock, life);
    const store = await this.#log.open(clock);
    this.#store = store;
    this.time.watch(store);
    const mortal =
      death === undefined ? store : mortalStore(store, death, () => (life.isDead = true));
    const configuration = this.#configuration;
    const opening = openEngine(
      {
        configuration,
        dataDirectory: join(configuration.directory, '.signalbox'),
        inMemory: true,
        mode: 'run',
        apply: true,
        logger: silentLogger,
        clock,
        random: this.#options.random,
        sources: [],
        kinds: [
          this.#runStep(life),
          this.#noting(emitStep(), life),
          this.#noting(gateStep(), life),
        ],
      },
      mortal,
    );
    this.#engine = undefined;
    // A process that dies as it starts is never ready.
    this.#engine = await Promise.race([opening, this.#untilDead(life)]);
    await this.time.settle();
  }

  /** What is open, oldest first. */
  async openProposals(): Promise<EntityRow[]> {
    const query = { kind: 'proposal', open: true, limit: 100 } as const;
    return (await this.engine.store.entities(query)).toReversed();
  }

  /** What is wrong with the log or with what is folded from it, behind the last process. */
  async unsound(): Promise<string[]> {
    const { differences } = await checkRows(this.engine.store, () => {});
    const verified = await this.time.until(this.engine.verify({ deep: false, progress: () => {} }));
    const rows = differences.map((difference) => `rows: ${JSON.stringify(difference)}`);
    return verified.ok ? rows : [...rows, 'the chain is broken'];
  }

  async close(): Promise<void> {
    if (!this.isDead) await this.time.until(this.engine.stop());
    this.#life.isDead = true;
    this.#log.close();
  }

  async #untilDead(life: Life): Promise<undefined> {
    while (!life.isDead && this.#engine === undefined) await nextTurn();
    return undefined;
  }

  /** Commands that start nothing. */
  #runStep(life: Life): StepKind {
    const { act = () => DONE } = this.#options;
    return {
      shape: runShape,
      contained: true,
      propose: async ({ input }) => proposedCommand(input, this.script),
      execute: async (context) => {
        if (life.isDead) return new Promise(() => {});
        return act(this.#note('run', context));
      },
    };
  }

  /** A kind that does what it does anywhere: nothing that the log does not hold. */
  #noting(kind: StepKind, life: Life): StepKind {
    return {
      ...kind,
      execute: async (context) => {
        if (life.isDead) return new Promise(() => {});
        this.#note(kind.shape.kind, context);
        return kind.execute(context);
      },
    };
  }

  #note(kind: string, context: StepContext): Call {
    const { flow, step, run, attempt, key, input, event } = context;
    const head = this.#store?.head() ?? 0;
    const { trust } = event;
    const { script } = this;
    const call = { kind, flow, step, run, attempt, key, input, trust, head, script };
    this.calls.push(call);
    return call;
  }
}

/** What a command would do, for whoever is asked about it. */
export function proposedCommand(input: Json, script: string): Proposed {
  const argv = isObject(input) && Array.isArray(input['run']) ? input['run'].map(String) : [];
  const place = { directory: '/stage', environment: [], stdin: null };
  const files = [{ path: 'script', sha256: sha256(script) }];
  return { content: { kind: 'command', argv, ...place }, files, unbound: [] };
}

/** A clock whose timers end with the process. */
function mortalClock(clock: SimulatedClock, life: Life): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    schedule: (delayMs, task) => clock.schedule(delayMs, () => life.isDead || task()),
  };
}
