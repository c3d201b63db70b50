import { draftProblem, type EventDraft, isWellFormed, OWN_SOURCE } from '../events/event.ts';
import type { RememberedChange } from '../sources/door.ts';
import type { Offered, RefusedFor } from '../sources/source.ts';
import { parseJson } from '../std/json.ts';
import { messageOf } from '../std/errors.ts';
import type { AppendResult, EventWrite, RecordDraft, Store } from '../store/contract.ts';
import { dedupeKey } from '../store/dedupe.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { type Cause, idOf, toRecord } from '../store/record.ts';
import type { Capacity } from './capacity.ts';
import { ReceiptBook } from './receipts.ts';
import type { SourceQuotas } from './source-quotas.ts';

/** Units that may wait for their commit before newcomers are asked to come later. */
const PENDING_MAX = 20_000;
/** Characters of JSON that an event's payload may have. */
export const PAYLOAD_LENGTH_MAX = 1_048_576;
const BUSY_RETRY_MS = 1_000;
const FULL_RETRY_MS = 5_000;

/** What came of an event that asked to be recorded. */
export type Admission = Offered;
/** Why an event is not recorded that nothing is wrong with. */
export type RefusalReason = RefusedFor;

/** What keeps the door from taking in what cannot be worked off. */
export interface DoorLimits {
  readonly capacity?: Pick<Capacity, 'check'> | undefined;
  readonly quotas?: Pick<SourceQuotas, 'enter'> | undefined;
}

/**
 * The one door of the log for events from outside: looks at each in constant time, then appends it.
 */
export class Doorkeeper {
  /** Counts what is not recorded as a new event. */
  readonly book = new ReceiptBook();
  readonly #store: Store;
  readonly #time: EngineTime;
  readonly #capacity: Pick<Capacity, 'check'> | undefined;
  readonly #quotas: Pick<SourceQuotas, 'enter'> | undefined;
  #closed = false;
  #fullSince: number | undefined;

  /** Where nobody routes, nothing is said of what waits: no `limits` are given. */
  constructor(store: Store, time: EngineTime, limits: DoorLimits = {}) {
    this.#store = store;
    this.#time = time;
    this.#capacity = limits.capacity;
    this.#quotas = limits.quotas;
  }

  /** Since when the disk is full, in engine time; undefined where it is not known to be. */
  get fullSince(): number | undefined {
    return this.#fullSince;
  }

  /** Admits nothing from now on. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Resolves when the event is durable, or says why it is not in the log. `cause` is what it stands
   * behind in the chain where we know it ourselves; a sender's word for that does not count.
   */
  async admit(draft: EventDraft, cause?: Cause): Promise<Admission> {
    const problem = problemOf(draft);
    if (problem !== undefined) return { kind: 'invalid', problem };
    // Where there is room nobody waits, so that events keep the order of their coming.
    const check = this.#closed ? undefined : this.#capacity?.check();
    const crowded = check === undefined ? undefined : await check;
    const write = this.#write(draft, cause);
    const { record } = write;
    if (crowded !== undefined) return this.#refuse(record, crowded.reason, crowded.retryAfterMs);
    const refusal = this.#refusalOf(record);
    if (refusal !== undefined) return refusal;
    return this.#enter(record, async () => {
      return this.#answer(record, await this.#store.append({ writes: [write] }));
    });
  }

  /**
   * The same for events of one source together with what it remembers and records of ours about it,
   * whole or not at all. The source comes again by itself, so no receipt counts that it could not.
   */
  async admitTogether(
    drafts: readonly EventDraft[],
    cursors: readonly RememberedChange[],
    notes: readonly RecordDraft[] = [],
  ): Promise<Admission> {
    const problem = drafts.map(problemOf).find((found) => found !== undefined);
    if (problem !== undefined) return { kind: 'invalid', problem };
    const crowded = this.#closed ? undefined : await this.#capacity?.check();
    if (crowded !== undefined) return { kind: 'refused', ...crowded };
    const reason = this.#refusal();
    if (reason !== undefined) return { kind: 'refused', reason, retryAfterMs: BUSY_RETRY_MS };
    const writes = [
      ...drafts.map((draft) => this.#write(draft)),
      ...notes.map((record) => ({ kind: 'event', record }) as const),
    ];
    const entering = this.#quotas?.enter(drafts[0]?.source ?? null, drafts.length);
    if (entering?.kind === 'full') {
      const { retryAfterMs } = entering;
      return { kind: 'refused', reason: 'source_full', retryAfterMs };
    }
    const result = await this.#store.append({ writes, cursors }).finally(() => entering?.done());
    const [first] = writes;
    if (first !== undefined && result.kind !== 'full') return this.#answer(first.record, result);
    if (result.kind === 'appended') return { kind: 'accepted', id: '', seq: 0, duplicate: false };
    this.#fullSince ??= this.#time.now();
    return { kind: 'refused', reason: 'disk_full', retryAfterMs: FULL_RETRY_MS };
  }

  #write(draft: EventDraft, cause?: Cause): EventWrite {
    const dedupe = dedupeKey(draft);
    const record = { ...toRecord(draft, this.#time.now()), ...cause };
    return { kind: 'event', record, ...(dedupe === undefined ? {} : { dedupe }) };
  }

  /** The same for an event of ours that somebody asked for. */
  async admitOwn(record: RecordDraft): Promise<Admission> {
    const problem = payloadProblem(record.data);
    if (problem !== undefined) return { kind: 'invalid', problem };
    const refusal = this.#refusalOf(record);
    if (refusal !== undefined) return refusal;
    return this.#answer(record, await this.#store.append({ writes: [{ kind: 'event', record }] }));
  }

  /** The same for what came before and is to come again: it waits for room as if it came now. */
  async admitAgain(record: RecordDraft): Promise<Admission> {
    const crowded = this.#closed ? undefined : await this.#capacity?.check();
    if (crowded !== undefined) return this.#refuse(record, crowded.reason, crowded.retryAfterMs);
    return this.#enter(record, () => this.admitOwn({ ...record, received: this.#time.now() }));
  }

  /** Has it recorded where its source may have one more that waits. */
  async #enter(record: RecordDraft, admit: () => Promise<Admission>): Promise<Admission> {
    const entering = this.#quotas?.enter(record.source, 1);
    if (entering?.kind === 'full') {
      return this.#refuse(record, 'source_full', entering.retryAfterMs);
    }
    try {
      return await admit();
    } finally {
      entering?.done();
    }
  }

  /** Why nobody is let in at present. */
  #refusalOf(record: RecordDraft): Admission | undefined {
    const reason = this.#refusal();
    return reason && this.#refuse(record, reason, BUSY_RETRY_MS);
  }

  #refusal(): RefusalReason | undefined {
    if (this.#closed) return 'stopping';
    return this.#store.pending() >= PENDING_MAX ? 'busy' : undefined;
  }

  #answer(record: RecordDraft, result: AppendResult): Admission {
    if (result.kind !== 'full') this.#fullSince = undefined;
    switch (result.kind) {
      case 'appended':
        return {
          kind: 'accepted',
          id: this.#id(record, result.first),
          seq: result.first,
          duplicate: false,
        };
      case 'duplicate':
        this.book.note(sender(record), 'duplicates', this.#time.now());
        return {
          kind: 'accepted',
          id: this.#id(record, result.seq),
          seq: result.seq,
          duplicate: true,
        };
      case 'conflict':
        this.book.note(sender(record), 'conflicts', this.#time.now());
        return { kind: 'conflict', id: this.#id(record, result.seq), seq: result.seq };
      default:
        return this.#refuse(record, 'disk_full', FULL_RETRY_MS);
    }
  }

  #id({ id }: RecordDraft, seq: number): string {
    return id ?? idOf(this.#store.identity, seq);
  }

  #refuse(record: RecordDraft, reason: RefusalReason, retryAfterMs: number): Admission {
    if (reason === 'disk_full') this.#fullSince ??= this.#time.now();
    this.book.note(sender(record), 'refused', this.#time.now());
    return { kind: 'refused', reason, retryAfterMs };
  }
}

function problemOf(draft: EventDraft): string | undefined {
  return draftProblem(draft) ?? payloadProblem(draft.data);
}

function sender({ source }: RecordDraft): string {
  return source ?? OWN_SOURCE;
}

/** Why a text may not be the payload of an event; undefined where it may. */
export function payloadProblem(data: string): string | undefined {
  if (data.length > PAYLOAD_LENGTH_MAX) {
    const limit = `at most ${PAYLOAD_LENGTH_MAX} are allowed`;
    return `"data" has ${data.length} characters; ${limit}. Pass a file's path instead.`;
  }
  if (!isWellFormed(data)) {
    return '"data" holds half of a character; correct its encoding, or escape it as JSON does.';
  }
  try {
    parseJson(data);
    return undefined;
  } catch (error) {
    return `"data": ${messageOf(error)}`;
  }
}
