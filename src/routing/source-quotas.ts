import { isDeepStrictEqual } from 'node:util';
import type { QueueOverflow } from '../flows/flow.ts';
import type { SourceDefinition } from '../flows/source.ts';
import type { Random } from '../std/random.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { loadWaits } from './load-waiting.ts';
import { type OverflowRules, RETRY_MS } from './overflow.ts';
import { SourceLoads } from './source-load.ts';

export interface SourceQuotasOptions {
  readonly store: Pick<Store, 'onCommitted' | 'head' | 'read' | 'readAt'> &
    Pick<Store, 'lanes' | 'runsInLanes' | 'checkpoint'>;
  /** What holds for a source that names only one of its two keys. */
  readonly rules: OverflowRules;
  /** The sources in force. */
  readonly inForce: () => Promise<Iterable<SourceDefinition>>;
  /** The last seq that is routed. */
  readonly routed: () => number;
  readonly random: Random;
}

/** What waits of a source that has a limit. */
export interface SourceQuota {
  readonly waiting: number;
  readonly limit: number;
  readonly overflow: Exclude<QueueOverflow, 'queue'>;
}

type Limit = Omit<SourceQuota, 'waiting'>;

/** Whether events of a source may come in. */
export type Entering =
  /** They may. They are counted until `done`, which is told once it is known what came of them. */
  | { readonly kind: 'welcome'; readonly done: () => void }
  | { readonly kind: 'full'; readonly retryAfterMs: number };

const WELCOME: Entering = { kind: 'welcome', done() {} };

/**
 * How much of what waits may be of one source, where it says that: others then keep their place,
 * however much it sends. An event counts from its arrival until it is routed and each of its runs
 * has had its first slot, and it counts once; what windows gather, and what its runs emit, are
 * nobody's. The count is made of the log and the rows at each start.
 *
 * Under `error` no more than the limit waits, but for a batch of a source that is larger by itself:
 * that one comes in where nothing else waits. Under `drop` all come in, and no more than the limit
 * have runs that wait.
 */
export class SourceQuotas implements Service {
  readonly name = 'quotas';
  readonly #options: SourceQuotasOptions;
  #limits: ReadonlyMap<string, Limit> = new Map();
  #loads = new SourceLoads(new Map());
  /** What is on its way into the log, by source. */
  readonly #coming = new Map<string, number>();
  /** What becomes durable while it is counted anew. */
  #heard: LogRecord[] | undefined;
  /** Counts come one after the other: two at once would hear each only a part. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: SourceQuotasOptions) {
    this.#options = options;
    options.store.onCommitted((records) => this.#hear(records));
  }

  /**
   * Counts what waits, before anything else may come. Where the sources in force cannot be read,
   * none has a limit until a refresh: nothing is routed by then, and the dispatcher says so.
   */
  start(): Promise<void> {
    return this.#inTurn(() => this.#options.inForce().catch(() => []));
  }

  async stop(): Promise<void> {}

  /** Keeps to the limits of the sources in force from now on; where it rejects, to those before. */
  refresh(): Promise<void> {
    return this.#inTurn(this.#options.inForce);
  }

  #inTurn(inForce: SourceQuotasOptions['inForce']): Promise<void> {
    const refreshed = this.#turn.then(async () => this.#keepTo(await inForce()));
    this.#turn = refreshed.catch(() => {});
    return refreshed;
  }

  async #keepTo(sources: Iterable<SourceDefinition>): Promise<void> {
    const { store, rules } = this.#options;
    const limits = limitsOf(sources, rules);
    if (isDeepStrictEqual(limits, this.#limits)) return;
    const counted = [...limits].map(([source, { overflow }]) => {
      return [source, { countsArrivals: overflow === 'error' }] as const;
    });
    const loads = new SourceLoads(new Map(counted));
    const heard: LogRecord[] = [];
    this.#heard = heard;
    try {
      if (limits.size > 0) await loadWaits(store, loads);
    } finally {
      this.#heard = undefined;
    }
    for (const record of heard) loads.hear(record);
    loads.takeOver(this.#loads);
    this.#loads = loads;
    this.#limits = limits;
  }

  /** How a source stands to its limit; undefined where it has none. */
  of(source: string): SourceQuota | undefined {
    const limit = this.#limits.get(source);
    return limit && { ...limit, waiting: this.#waiting(source) };
  }

  /** Whether so many events of the source may be recorded, together. */
  enter(source: string | null, events: number): Entering {
    const limit = source === null ? undefined : this.#limits.get(source);
    if (source === null || limit?.overflow !== 'error' || events === 0) return WELCOME;
    const coming = this.#coming.get(source) ?? 0;
    const there = this.#waiting(source) + coming;
    if (there > 0 && there + events > limit.limit) {
      // Who was turned away together does not come again together.
      const retryAfterMs = RETRY_MS.source_full * (1 + this.#options.random());
      return { kind: 'full', retryAfterMs };
    }
    this.#coming.set(source, coming + events);
    const done = (): void => {
      this.#coming.set(source, (this.#coming.get(source) ?? 0) - events);
    };
    return { kind: 'welcome', done };
  }

  /** Why a run of the event that would wait is not to be; undefined where it may. */
  refusal({ source, seq }: LogRecord): string | undefined {
    const limit = source === null ? undefined : this.#limits.get(source);
    if (source === null || limit?.overflow !== 'drop' || this.#loads.queues(seq)) return undefined;
    if (this.#waiting(source) < limit.limit) return undefined;
    return `As many events of source "${source}" wait as its "queue_limit" allows: ${limit.limit}.`;
  }

  /** The event is to start a run that waits. */
  plan({ source, seq }: LogRecord): void {
    if (source !== null && this.#limits.has(source)) this.#loads.plan(source, seq);
  }

  /** A run of the event that was to wait is not recorded after all. */
  unplan(seq: number): void {
    this.#loads.unplan(seq);
  }

  #waiting(source: string): number {
    return this.#loads.waiting(source, this.#options.routed());
  }

  #hear(records: readonly LogRecord[]): void {
    this.#heard?.push(...records);
    if (this.#limits.size > 0) for (const record of records) this.#loads.hear(record);
  }
}

/** The limits of those that have one, with what holds for all filled in. */
function limitsOf(
  sources: Iterable<SourceDefinition>,
  rules: OverflowRules,
): ReadonlyMap<string, Limit> {
  return new Map(
    [...sources].flatMap(({ name, queue }) => {
      if (queue === undefined) return [];
      const { limit = rules.limit, overflow = rules.overflow } = queue;
      return overflow === 'queue' ? [] : [[name, { limit, overflow }] as const];
    }),
  );
}
