import { type Attribution, attributionOf } from '../events/attribution.ts';
import { SignalboxError } from '../std/errors.ts';
import { OPEN_STATES, type LogRecord, type Store } from '../store/contract.ts';
import { dedupeKey } from '../store/dedupe.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { decodeErased, type ErasedData } from '../store/erased.ts';
import { idOf, ownRecord } from '../store/record.ts';
import { forgottenSecrets } from '../store/secrets/secret-table.ts';
import type { Catalogs } from './catalogs.ts';
import { findVerdict } from './hook-verdicts.ts';
import type { Match } from './match.ts';
import { bareMatch, catalogPlace, planRecord } from './plan.ts';

export interface ErasureOptions {
  readonly store: Store;
  readonly catalogs: Catalogs;
  /** The last seq that is routed. */
  readonly routed: () => number;
  readonly time: EngineTime;
}

/** Who has an event erased, and why. */
export interface ErasureDecision extends Attribution {
  readonly reason: string | null;
}

const TYPE = 'event.erased';
const PAGE = 100;
const RUNS = 1_000;

/**
 * Erases the payloads of events: records first that it is done and what flows made of the event,
 * since that cannot be found out again, and then destroys it. What of it is sealed beside the log
 * is forgotten with the record. A crash between the two is made up for at the next start.
 */
export class Erasures {
  readonly #options: ErasureOptions;

  constructor(options: ErasureOptions) {
    this.#options = options;
  }

  /** Does what was recorded and, because of a crash, not done. */
  async complete(): Promise<void> {
    const { store } = this.#options;
    for (let after = 0; ;) {
      const records = await store.read({ after, limit: PAGE, type: TYPE });
      for (const record of records) await this.#destroy(decodeErased(record).seq);
      const last = records.at(-1);
      if (last === undefined) return;
      after = last.seq;
    }
  }

  /**
   * False where the payload was gone before.
   *
   * @throws SignalboxError `erase.refused` for a record of ours, one that is not routed yet, and
   *   one that an open run needs; `data.unusable` where the disk is full.
   */
  async erase(event: LogRecord, { reason, ...by }: ErasureDecision): Promise<boolean> {
    const { store, time } = this.#options;
    await this.#assertErasable(event);
    const matches = (await this.#matchesOf(event)).map(bareMatch);
    const data: ErasedData = { seq: event.seq, ...attributionOf(by), reason, matches };
    const cause = { correlation: null, causation: event.seq, hops: 0 };
    const record = ownRecord(TYPE, JSON.stringify(data), time.now(), cause);
    const cursors = await forgottenSecrets(store, event);
    const result = await store.append({ writes: [{ kind: 'event', record }], cursors });
    if (result.kind === 'appended') return this.#destroy(event.seq);
    const message = 'The event could not be erased, because the disk is full; free some space.';
    throw new SignalboxError('data.unusable', message);
  }

  async #destroy(seq: number): Promise<boolean> {
    const { store } = this.#options;
    const [event] = await store.readAt([seq]);
    if (event === undefined || store.care === undefined) return false;
    return store.care.erase({ seq, key: keyOf(event) });
  }

  async #assertErasable({ seq, source }: LogRecord): Promise<void> {
    const { store, routed } = this.#options;
    const id = idOf(store.identity, seq);
    if (source === null) {
      throw refused(`${id} is a record of Signalbox itself, which its runs are folded from.`);
    }
    if (seq > routed()) throw refused(`${id} is not routed yet; try again when it is.`);
    const runs = await store.runs({ event: seq, limit: RUNS, branches: true });
    const open = runs.find(({ state }) => OPEN_STATES.some((each) => each === state));
    if (open === undefined) return;
    const run = idOf(store.identity, open.id);
    throw refused(`The run ${run} of it is open and needs it; wait for its end, or cancel it.`);
  }

  async #matchesOf(event: LogRecord): Promise<readonly Match[]> {
    const { store, catalogs } = this.#options;
    const { index } = await catalogs.at(catalogPlace(event));
    const verdict = await findVerdict(store, event.seq);
    return planRecord(event, index, store.identity, verdict);
  }
}

function keyOf({ source, id, type }: LogRecord): string | undefined {
  if (source === null || id === null) return undefined;
  return dedupeKey({ source, id, type, data: '' })?.key;
}

function refused(message: string): SignalboxError {
  return new SignalboxError('erase.refused', message);
}
