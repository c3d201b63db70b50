import { type Attribution, attributionOf } from '../events/attribution.ts';
import { textProblem } from '../events/event.ts';
import { noSuchFlow } from '../flows/catalog.ts';
import { retryRecord, seenData } from '../runs/named-start.ts';
import type { Repair } from '../runs/repair.ts';
import type { Refusal } from '../runs/refusal.ts';
import type { EventWrite, LetterRow, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { correlationOf, idOf, ownRecord } from '../store/record.ts';
import { payloadProblem } from './admission.ts';
import type { Catalogs } from './catalogs.ts';

/** What became of a person's word about a dead letter. */
export type Settled = { readonly kind: 'settled'; readonly letter: LetterRow } | Refusal;

export interface LetterRetry extends Attribution {
  /** JSON that stands in place of the event's data, kept byte for byte. */
  readonly data?: string | undefined;
  /** Another flow that is to have the event; a run that failed stays as it is. */
  readonly flow?: string | undefined;
}

export interface LetterDrop extends Attribution {
  readonly reason: string | null;
}

export interface DeadLettersOptions {
  readonly store: Store;
  readonly catalogs: Pick<Catalogs, 'at'>;
  readonly repair: Pick<Repair, 'retry'>;
  readonly time: EngineTime;
}

/**
 * What a person decides about dead letters. Each is closed once: of two who decide at the same time
 * the first one wins, and the other is told how.
 */
export class DeadLetters {
  readonly #options: DeadLettersOptions;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /**
   * Has another try at what failed: an event goes to its flow again, or to another one, as it was
   * or with other data; a run goes on at the step that failed, where no other flow is named.
   */
  retry(id: number, request: LetterRetry): Promise<Settled> {
    return this.#settle(id, (letter) => {
      return letter.kind === 'event' || request.flow !== undefined
        ? this.#retryEvent(letter, request)
        : this.#retryRun(letter, request);
    });
  }

  /** Sets the letter aside for good. What it is about stays in the log. */
  async drop(id: number, { reason, ...by }: LetterDrop): Promise<Settled> {
    const problem = reason === null ? undefined : textProblem('reason', reason);
    if (problem !== undefined) return refusal('repair.invalid', problem);
    return this.#settle(id, async (letter) => {
      const { store, time } = this.#options;
      const [record] = await store.readAt([id]);
      if (record === undefined) return unreadable(id);
      const cause = {
        correlation: correlationOf(record, store.identity),
        causation: id,
        hops: record.hops + 1,
      };
      const data = JSON.stringify({ letter: id, ...attributionOf(by), reason });
      const dropped = ownRecord('dead_letter.dropped', data, time.now(), cause);
      const closes = { letter: letter.id, state: 'dropped' } as const;
      return this.#append({ kind: 'event', record: dropped, closes });
    });
  }

  async #settle(
    id: number,
    decide: (letter: LetterRow) => Promise<Refusal | undefined>,
  ): Promise<Settled> {
    const { store } = this.#options;
    const letter = await store.letter(id);
    if (letter === undefined) {
      const message = `There is no dead letter ${id}. List the open ones with: signalbox dlq`;
      return refusal('letter.unknown', message);
    }
    if (letter.state !== 'open') return this.#closed(letter);
    const no = await decide(letter);
    const after = (await store.letter(id)) ?? letter;
    if (no === undefined) return { kind: 'settled', letter: after };
    // Somebody else may have decided in the meantime.
    return after.state === 'open' ? no : this.#closed(after);
  }

  async #retryEvent(
    { id: letter, flow: from, event }: LetterRow,
    { data, flow = from, ...by }: LetterRetry,
  ): Promise<Refusal | undefined> {
    const { store, catalogs, time } = this.#options;
    const problem = data === undefined ? undefined : payloadProblem(data);
    if (problem !== undefined) return refusal('event.invalid', problem);
    const { flows } = (await catalogs.at(Number.POSITIVE_INFINITY)).catalog;
    if (!flows.has(flow)) {
      const remedy = 'Put one of this name in force, or drop the letter.';
      const message = `${noSuchFlow(flow, flows.keys())} ${remedy}`;
      return refusal('letter.flow_unknown', message);
    }
    const [record] = await store.readAt([event]);
    if (record === undefined) return unreadable(event);
    const place = { identity: store.identity, received: time.now() };
    const seen = data ?? (await seenData(store, record, from));
    const asked = { letter, flow, ...attributionOf(by), data: seen, from };
    const retried = retryRecord(record, asked, place);
    return this.#append({ kind: 'event', record: retried, closes: { letter, state: 'retried' } });
  }

  async #retryRun(
    { id: letter, run, kind }: LetterRow,
    { data, ...by }: LetterRetry,
  ): Promise<Refusal | undefined> {
    if (run === null) {
      const message = `What a letter of kind "${kind}" is about cannot be tried again; drop it.`;
      return refusal('letter.not_retryable', message);
    }
    if (data !== undefined) {
      const what = 'A run goes on with the event that it began with, so no other data can be given';
      const remedy = 'Emit the corrected event, and drop this letter.';
      return refusal('letter.not_retryable', `${what}. ${remedy}`);
    }
    const closes = { letter, state: 'retried' } as const;
    const repaired = await this.#options.repair.retry(run, { ...by, reason: null, closes });
    return repaired.kind === 'refused' ? repaired : undefined;
  }

  async #append(write: EventWrite): Promise<Refusal | undefined> {
    const { kind } = await this.#options.store.append({ writes: [write] });
    if (kind === 'appended') return undefined;
    if (kind === 'full') {
      const message = 'The disk is full, so nothing was recorded; free some space.';
      return refusal('store.full', message);
    }
    return refusal('letter.closed', 'This dead letter was closed by somebody else.');
  }

  /** Tells who closed the letter, when, and where that stands. */
  async #closed({ id, state, closed }: LetterRow): Promise<Refusal> {
    const { store } = this.#options;
    const { identity } = store;
    const [record] = closed === null ? [] : await store.readAt([closed]);
    const shown = idOf(identity, id);
    if (record === undefined) {
      return refusal('letter.closed', `Dead letter ${shown} is ${state} already.`);
    }
    const by = closerOf(record.data);
    const who = by === undefined ? '' : ` by ${by}`;
    const when = new Date(record.received).toISOString();
    const where = idOf(identity, record.seq);
    const message = `Dead letter ${shown} was ${state}${who} at ${when}, see event ${where}.`;
    return refusal('letter.closed', message);
  }
}

function closerOf(data: string): string | undefined {
  const { by, decision } = JSON.parse(data) as {
    readonly by?: string;
    readonly decision?: { readonly by: string };
  };
  return by ?? decision?.by;
}

function unreadable(seq: number): Refusal {
  const message = `The log holds no record ${seq}, so nothing was done. Run: signalbox verify`;
  return refusal('letter.not_retryable', message);
}

function refusal(code: string, message: string): Refusal {
  return { kind: 'refused', code, message };
}
