import { type Attribution, attributionOf } from '../events/attribution.ts';
import { textProblem } from '../events/event.ts';
import type { Flow } from '../flows/flow.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { type Cause, ownRecord } from '../store/record.ts';

/** How many runs of a flow may be under way at once, until that is taken back. */
export interface LoweredLimit {
  readonly flow: string;
  readonly limit: number;
  readonly by: string;
  readonly reason: string | null;
  /** In engine time. */
  readonly since: number;
}

/** Who changes a limit, why, and its place in a chain of causes. */
export interface LimitDecision extends Attribution {
  readonly reason: string | null;
  readonly cause: Cause;
}

/** Where they are kept: rows beside those of the sources, by their flows. */
const ROWS = 'signalbox:limits';
/** How many flows may have one. */
const LIMITS_MAX = 1_000;
/** The highest that is of any use. */
const LIMIT_MAX = 10_000;

export type LoweredLimitsOptions = Readonly<{
  store: Pick<Store, 'append' | 'cursors'>;
  time: EngineTime;
}>;

/**
 * Limits that are lower for the time being than the files say. They hold over restarts and changes
 * of the files, and are never higher than what these say.
 */
export class LoweredLimits {
  readonly #options: LoweredLimitsOptions;
  readonly #byFlow: Map<string, LoweredLimit>;

  private constructor(options: LoweredLimitsOptions, known: readonly LoweredLimit[]) {
    this.#options = options;
    this.#byFlow = new Map(known.map((each) => [each.flow, each]));
  }

  static async open(options: LoweredLimitsOptions): Promise<LoweredLimits> {
    const rows = await options.store.cursors({ source: ROWS, limit: LIMITS_MAX });
    return new LoweredLimits(
      options,
      rows.map(({ value }) => JSON.parse(value) as LoweredLimit),
    );
  }

  /** All that hold, the oldest first. */
  get all(): readonly LoweredLimit[] {
    return [...this.#byFlow.values()].toSorted((a, b) => a.since - b.since);
  }

  /** The flows with what they keep to now. */
  applied(flows: ReadonlyMap<string, Flow>): ReadonlyMap<string, Flow> {
    if (this.#byFlow.size === 0) return flows;
    return new Map(Array.from(flows, ([name, flow]) => [name, this.#lowered(flow)]));
  }

  #lowered(flow: Flow): Flow {
    const lowered = this.#byFlow.get(flow.name);
    if (lowered === undefined) return flow;
    const { concurrency = { limit: lowered.limit, onFull: 'queue' } } = flow;
    const limit = Math.min(lowered.limit, concurrency.limit);
    return { ...flow, concurrency: { ...concurrency, limit } };
  }

  /**
   * Records that no more runs of the flow may be under way at once; false where it was so already.
   *
   * @throws SignalboxError `repair.invalid` for a limit or a reason that cannot be, and
   *   `data.unusable` where the disk is full: then nothing has changed.
   */
  async lower(flow: string, limit: number, decision: LimitDecision): Promise<boolean> {
    const { by, reason } = decision;
    const problem = limitProblem(limit) ?? (reason && textProblem('reason', reason)) ?? undefined;
    if (problem) throw new SignalboxError('repair.invalid', problem);
    if (this.#byFlow.get(flow)?.limit === limit) return false;
    if (this.#byFlow.size >= LIMITS_MAX && !this.#byFlow.has(flow)) {
      throw new SignalboxError('repair.invalid', `${LIMITS_MAX} flows have lower limits already.`);
    }
    const lowered = { flow, limit, by, reason, since: this.#options.time.now() };
    const data = { flow, limit, ...attributionOf(decision), reason };
    await this.#record('flow.limited', data, { ...decision, row: lowered });
    this.#byFlow.set(flow, lowered);
    return true;
  }

  /**
   * Records that the flow keeps to what the files say again; false where it does.
   *
   * @throws SignalboxError as `lower` does.
   */
  async restore(flow: string, decision: LimitDecision): Promise<boolean> {
    const known = this.#byFlow.get(flow);
    if (known === undefined) return false;
    const { reason } = decision;
    const problem = reason === null ? undefined : textProblem('reason', reason);
    if (problem !== undefined) throw new SignalboxError('repair.invalid', problem);
    const data = { flow, limit: known.limit, ...attributionOf(decision), reason };
    await this.#record('flow.unlimited', data, { ...decision, row: null });
    this.#byFlow.delete(flow);
    return true;
  }

  async #record(
    type: 'flow.limited' | 'flow.unlimited',
    data: Pick<LoweredLimit, 'flow' | 'limit' | 'by' | 'reason'>,
    { cause, row }: LimitDecision & { readonly row: LoweredLimit | null },
  ): Promise<void> {
    const { store, time } = this.#options;
    const record = ownRecord(type, JSON.stringify(data), time.now(), cause);
    const { flow } = data;
    const value = row === null ? null : JSON.stringify(row);
    const result = await store.append({
      writes: [{ kind: 'event', record: { ...record, subject: flow } }],
      cursors: [{ source: ROWS, key: flow, value }],
    });
    if (result.kind === 'appended') return;
    const message = 'The limit could not be changed, because the disk is full; free some space.';
    throw new SignalboxError('data.unusable', message);
  }
}

function limitProblem(limit: number): string | undefined {
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return undefined;
  return `A limit is a whole number from 1 to ${LIMIT_MAX}; to begin none at all, pause the flow.`;
}
