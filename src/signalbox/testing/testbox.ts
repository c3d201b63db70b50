import { join } from 'node:path';
import type { Event } from '../../events/event.ts';
import type { FlowDefinition } from '../../flows/code/flow.ts';
import type { ToolDefinition } from '../../flows/code/tool.ts';
import { openEngine, type Signalbox } from '../../signalbox.ts';
import { parseDuration } from '../../std/duration.ts';
import { SignalboxError } from '../../std/errors.ts';
import type { Json } from '../../std/json.ts';
import type { Logger } from '../../std/logger.ts';
import { seededRandom } from '../../std/random.ts';
import { SimulatedClock } from '../../std/simulated-clock.ts';
import type { StepKind } from '../../runs/step-kind.ts';
import { loadDriver } from '../../store/sqlite/driver.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import type { EventResult } from '../../views/event-result.ts';
import { readRuns } from '../../views/run-page.ts';
import type { RunView } from '../../views/run-view.ts';
import { type Box, type Handled, OpenableBox } from '../box/box.ts';
import type { Emitted, EmitOptions } from '../box/emitting.ts';
import { type BoxOptions, type EngineParts, openerOf } from '../box/open.ts';
import { streamOf } from '../box/stream.ts';
import { type KeptMemory, keptMemory } from './kept-memory.ts';
import {
  answeringKind,
  type Answers,
  EFFECT_KINDS,
  type StandIn,
  type TestEffect,
} from './answers.ts';
import { VirtualTime } from './virtual-time.ts';

/** What a test box is made of. */
export interface TestboxOptions extends Pick<BoxOptions, 'config' | 'env'> {
  readonly flows?: readonly FlowDefinition[];
  readonly tools?: readonly ToolDefinition[];
  /** What the steps give that would act on the world. One without an answer fails. */
  readonly answers?: Answers;
  /** When it begins, as RFC 3339. */
  readonly at?: string;
  /** Repeats the same spread of retries. */
  readonly seed?: number;
  /** Types or names of the sources that are opened: `schedule` alone where it is left out. */
  readonly sources?: readonly string[];
  readonly logger?: Logger;
  /** Called with the box before it starts: for hooks and subscribers. */
  readonly setup?: (box: Box) => void;
}

/**
 * The real engine on a log in memory, under a clock that moves only when it is told to, with steps
 * that act on nothing.
 */
export interface Testbox {
  readonly box: Box;
  readonly engine: Signalbox;
  /** What steps would have done, in the order of their calls. */
  readonly effects: readonly TestEffect[];
  /** The virtual time, as ISO 8601. */
  now(): string;
  /** Records an event; resolves when all that came of it is done that needs no time. */
  emit(type: string, data?: Json, options?: EmitOptions): Promise<Emitted>;
  /** Starts a flow and resolves when its run has ended: up to a day passes as that needs it. */
  handle(event: Handled, flow: string): Promise<EventResult>;
  /** Stops the daemon in order and starts it again over the same log, after a time such as `2m`. */
  restart(down?: string): Promise<void>;
  /** Lets time pass, such as `3h`: all that falls due on the way happens at its time. */
  advance(duration: string): Promise<void>;
  /** The runs, oldest first. */
  runs(flow?: string): Promise<readonly RunView[]>;
  /** The events of the log, oldest first: of a type, or of all. */
  events(type?: string): Promise<readonly Event[]>;
  stop(): Promise<void>;
}

/** When a test begins that says nothing else. */
const BEGIN = '2026-01-01T00:00:00Z';
/** What a test reads of its log and its runs at most. */
export const ITEMS_MAX = 10_000;
const PAGE = 100;

/**
 * A box for tests, started: no data directory, no process, no network, no waiting.
 *
 * @example
 *   const test = await testbox({ flows: [reminder], answers: { http: { status: 200 } } });
 *   await test.emit('order.placed', { id: 7 });
 *   await test.advance('3h');
 *   const [run] = await test.runs();
 *   await test.stop();
 *
 * @throws SignalboxError `config.invalid` with each finding.
 */
export async function testbox(options: TestboxOptions = {}): Promise<Testbox> {
  const { answers = {}, at = BEGIN, seed = 1 } = options;
  const clock = new SimulatedClock(instantOf(at));
  const time = new VirtualTime(clock);
  const effects: TestEffect[] = [];
  const random = seededRandom(seed);
  const hold: StandIn['hold'] = (promise) => time.hold(promise);
  const kinds = (builtIn: readonly StepKind[]): StepKind[] =>
    builtIn
      .filter(({ shape }) => EFFECT_KINDS.some((effect) => effect === shape.kind))
      .map((kind) => answeringKind(kind, { answers, effects, hold }));
  const memory = keptMemory(await loadDriver());
  const open = async ({ configuration, given, logger }: EngineParts): Promise<Signalbox> => {
    const store = await openSqliteStore({ path: ':memory:', driver: memory, clock });
    time.watch(store);
    const dataDirectory = join(configuration.directory, '.signalbox');
    const place = { dataDirectory, inMemory: true, mode: 'run', apply: true } as const;
    const common = { ...place, clock, random, kinds };
    const sources = options.sources ?? ['schedule'];
    const { hooks, followers } = given;
    return openEngine({ ...common, configuration, hooks, followers, sources, logger }, store);
  };
  const box = new OpenableBox(openerOf({ options, clock, random, open }));
  for (const each of options.tools ?? []) box.tool(each);
  for (const each of options.flows ?? []) box.flow(each);
  options.setup?.(box);
  const test = new VirtualBox(box, { time, memory, effects });
  await test.start();
  return test;
}

interface VirtualParts {
  readonly time: VirtualTime;
  readonly memory: KeptMemory;
  readonly effects: readonly TestEffect[];
}

class VirtualBox implements Testbox {
  readonly box: Box;
  readonly effects: readonly TestEffect[];
  readonly #time: VirtualTime;
  readonly #memory: KeptMemory;

  constructor(box: Box, { time, memory, effects }: VirtualParts) {
    this.box = box;
    this.effects = effects;
    this.#time = time;
    this.#memory = memory;
  }

  get engine(): Signalbox {
    return this.box.engine;
  }

  now(): string {
    return new Date(this.#time.clock.now()).toISOString();
  }

  async start(): Promise<void> {
    // Files are read and modules loaded, which takes time of the machine's.
    await this.box.start();
    await this.#time.settle();
  }

  async emit(type: string, data?: Json, options?: EmitOptions): Promise<Emitted> {
    const emitted = await this.#time.until(this.box.emit(type, data, options));
    await this.#time.settle();
    return emitted;
  }

  handle(event: Handled, flow: string): Promise<EventResult> {
    return this.#time.until(this.box.handle(event, flow));
  }

  async restart(down = '0s'): Promise<void> {
    const ms = millisecondsOf(down);
    await this.#time.until(this.box.stop());
    await this.#time.pass(ms);
    await this.start();
  }

  async advance(duration: string): Promise<void> {
    await this.#time.pass(millisecondsOf(duration));
  }

  async runs(flow?: string): Promise<readonly RunView[]> {
    const runs: RunView[] = [];
    for (let before: string | undefined; ;) {
      const page = await readRuns(this.engine, { limit: PAGE, flow, before });
      runs.push(...page.items);
      if (page.next === null || runs.length >= ITEMS_MAX) return runs.toReversed();
      before = page.next;
    }
  }

  async events(type?: string): Promise<readonly Event[]> {
    const { store } = this.engine;
    const found: Event[] = [];
    const over = new AbortController();
    const until = store.head();
    const commits = { next: async () => over.abort() };
    const source = { store, commits, stopping: over.signal };
    for await (const event of streamOf(source, { after: 0, type })) {
      if (event.seq > until || found.length >= ITEMS_MAX) break;
      found.push(event);
    }
    return found;
  }

  async stop(): Promise<void> {
    await this.#time.until(this.box.stop());
    this.#memory.release();
  }
}

function millisecondsOf(duration: string): number {
  const ms = parseDuration(duration);
  if (ms !== undefined) return ms;
  const message = `"${duration}" is no duration; write one such as 10m or 1h30m.`;
  throw new SignalboxError('test.invalid', message);
}

function instantOf(at: string): number {
  const instant = Date.parse(at);
  if (!Number.isNaN(instant)) return instant;
  throw new SignalboxError('test.invalid', `"at": "${at}" is no time; write RFC 3339.`);
}
