import { type Attribution, attributionOf } from '../events/attribution.ts';
import { textProblem } from '../events/event.ts';
import type { OwnEventType } from '../events/own-types.ts';
import { SignalboxError } from '../std/errors.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { ownRecord } from '../store/record.ts';

/** Who holds back the runs of a flow, or (`flow` is null) all runs, and why. */
export interface Pause {
  readonly flow: string | null;
  readonly by: string;
  readonly reason: string | null;
  /** Whether what is under way stops too. */
  readonly now: boolean;
  /** In engine time. */
  readonly since: number;
}

const PAUSED = 'flow.paused';
const RESUMED = 'flow.resumed';
const PAGE = 100;

/** What is paused, as the log says it: a pause holds over restarts, until somebody ends it. */
export class Pauses {
  readonly #store: Store;
  readonly #pauses = new Map<string | null, Pause>();

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(store: Store): Promise<Pauses> {
    const pauses = new Pauses(store);
    const records = [...(await readAll(store, PAUSED)), ...(await readAll(store, RESUMED))];
    for (const record of records.toSorted((a, b) => a.seq - b.seq)) pauses.#note(record);
    return pauses;
  }

  /** All that are in force, the oldest first. */
  get all(): readonly Pause[] {
    return [...this.#pauses.values()];
  }

  has(flow: string | null): boolean {
    return this.#pauses.has(flow);
  }

  /**
   * Records the pause; false where it was paused already, and as hard.
   *
   * @throws SignalboxError `repair.invalid` for a reason that no log keeps, and `data.unusable`
   *   where the disk is full: then nothing has changed.
   */
  async pause(
    { flow, reason, now = false, ...by }: Noted & Attribution,
    time: EngineTime,
  ): Promise<boolean> {
    const problem = reason === null ? undefined : textProblem('reason', reason);
    if (problem !== undefined) throw new SignalboxError('repair.invalid', problem);
    const before = this.#pauses.get(flow);
    if (before !== undefined && (before.now || !now)) return false;
    await this.#record(PAUSED, { flow, ...attributionOf(by), reason, ...(now && { now }) }, time);
    return true;
  }

  /**
   * Records its end; false where it was not paused.
   *
   * @throws SignalboxError `data.unusable` where the disk is full: then nothing has changed.
   */
  async resume(
    { flow, ...by }: Pick<Pause, 'flow'> & Attribution,
    time: EngineTime,
  ): Promise<boolean> {
    if (!this.has(flow)) return false;
    await this.#record(RESUMED, { flow, ...attributionOf(by) }, time);
    return true;
  }

  async #record(type: OwnEventType, data: object, time: EngineTime): Promise<void> {
    const cause = { correlation: null, causation: null, hops: 0 };
    const record = ownRecord(type, JSON.stringify(data), time.now(), cause);
    const result = await this.#store.append({ writes: [{ kind: 'event', record }] });
    if (result.kind === 'appended') return this.#note(record);
    const message = 'The pause could not be changed, because the disk is full; free some space.';
    throw new SignalboxError('data.unusable', message);
  }

  #note({ type, data, received }: Pick<LogRecord, 'type' | 'data' | 'received'>): void {
    const { flow, by, reason, now = false } = JSON.parse(data) as Noted;
    if (type === RESUMED) this.#pauses.delete(flow);
    else this.#pauses.set(flow, { flow, by, reason, now, since: received });
  }
}

/** A pause as it is asked for, and as the log says it. */
type Noted = Omit<Pause, 'since' | 'now'> & Partial<Pick<Pause, 'now'>>;

async function readAll(store: Store, type: OwnEventType): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (let after = 0; ;) {
    const records = await store.read({ after, limit: PAGE, type });
    found.push(...records);
    const last = records.at(-1);
    if (last === undefined) return found;
    after = last.seq;
  }
}
