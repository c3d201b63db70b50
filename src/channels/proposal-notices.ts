import { proposalOf } from '../gates/proposal.ts';
import type { Clock, Timer } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Json } from '../std/json.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { type Cause, correlationOf, idOf, ownRecord } from '../store/record.ts';
import type { Accepted, NotifyRequest } from './notifier.ts';
import {
  type Audience,
  NOTICE_TYPES,
  type Occasion,
  type ProposalTelling,
  tellingsOf,
} from './proposal-notice.ts';

/** What these stand on. */
export interface ProposalNoticesOptions {
  readonly store: Pick<
    Store,
    'append' | 'checkpoint' | 'entity' | 'head' | 'identity' | 'onCommitted' | 'read'
  >;
  /** The one notifier. */
  readonly request: (request: NotifyRequest, cause: Cause) => Promise<Accepted>;
  readonly audience: () => Audience;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The name under which the place in the log is kept up to which people were told. */
const NOTICES = 'proposal notices';
/** Records that may pass without a meaning before the place is kept all the same. */
const UNRECORDED_MAX = 10_000;
const PAGE = 500;
/** How long it waits where something went wrong, such as a full disk. */
const RETRY_MS = 1_000;

/**
 * Has people told of proposals: that one is open, that it still is, and that nobody answers it.
 * What is told has one dedupe id however often a crash repeats it; the place in the log moves only
 * behind what the notifier has accepted, so none is lost. Whoever is to hear of an escalation and
 * cannot be told is `notification.undeliverable`.
 */
export class ProposalNotices implements Service {
  readonly name = 'proposal notices';
  readonly #options: ProposalNoticesOptions;
  /** Records that are yet to be told of. */
  #news: LogRecord[] = [];
  #heard = 0;
  #kept = 0;
  #listens = false;
  #turn: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;

  constructor(options: ProposalNoticesOptions) {
    this.#options = options;
    options.store.onCommitted((records) => this.#hear(records));
  }

  async start(): Promise<void> {
    const { store } = this.#options;
    const { seq } = await store.checkpoint(NOTICES);
    const head = store.head();
    this.#listens = true;
    this.#kept = seq;
    this.#heard = Math.max(this.#heard, head);
    const missed: LogRecord[] = [];
    for (let after = seq; after < head;) {
      const records = await store.read({ after, limit: PAGE, until: head, type: 'proposal.*' });
      missed.push(...records.filter(({ type }) => NOTICE_TYPES.has(type)));
      after = records.at(-1)?.seq ?? head;
    }
    this.#news = [...missed, ...this.#news.filter((record) => record.seq > head)];
    this.#pursue();
  }

  async stop(): Promise<void> {
    this.#listens = false;
    this.#timer?.cancel();
    await this.#turn;
    if (this.#news.length === 0) await this.#keep(this.#heard);
  }

  #hear(records: readonly LogRecord[]): void {
    if (!this.#listens) return;
    this.#heard = Math.max(this.#heard, records.at(-1)?.seq ?? 0);
    const news = records.filter(({ type }) => NOTICE_TYPES.has(type));
    if (news.length === 0 && this.#heard - this.#kept < UNRECORDED_MAX) return;
    this.#news.push(...news);
    this.#pursue();
  }

  #pursue(): void {
    this.#turn = this.#turn
      .then(() => this.#tellAll())
      .catch((error: unknown) => {
        const { logger, clock } = this.#options;
        logger.warn('people are told later of a proposal', { reason: messageOf(error) });
        this.#timer?.cancel();
        this.#timer = clock.schedule(RETRY_MS, () => {
          if (this.#listens) this.#pursue();
        });
      });
  }

  async #tellAll(): Promise<void> {
    for (let record = this.#news[0]; record !== undefined; record = this.#news[0]) {
      if (!this.#listens) return;
      await this.#tell(record);
      await this.#keep(record.seq);
      this.#news.shift();
    }
    if (this.#heard - this.#kept >= UNRECORDED_MAX) await this.#keep(this.#heard);
  }

  /** Nobody is told any more of one that has been answered meanwhile. */
  async #tell(record: LogRecord): Promise<void> {
    const { store, audience } = this.#options;
    const proposed = record.type === 'proposal.opened' ? record.seq : record.causation;
    const row = proposed === null ? undefined : await store.entity(proposed);
    if (row?.kind !== 'proposal' || row.ended !== null || record.source !== null) return;
    const { identity } = store;
    const occasion: Occasion = {
      type: record.type,
      data: JSON.parse(record.data) as Json,
      id: idOf(identity, record.seq),
      received: record.received,
      shown: idOf(identity, row.id),
      proposal: proposalOf(row),
    };
    const cause = {
      correlation: correlationOf(record, identity),
      causation: record.seq,
      hops: record.hops + 1,
    };
    for (const telling of tellingsOf(occasion, audience())) {
      await this.#request(occasion, telling, cause);
    }
  }

  /** @throws Error where nobody can be told for the moment. */
  async #request(occasion: Occasion, telling: ProposalTelling, cause: Cause): Promise<void> {
    const { request, logger } = this.#options;
    const { flow, step, run } = occasion.proposal;
    const { name, isOwed, ...said } = telling;
    const about = { flow, step, run: run ?? '', incident: null };
    const accepted = await request({ ...said, ...about, names: [name], to: '' }, cause);
    if (accepted.kind === 'accepted') return;
    const { reason } = accepted;
    if (accepted.kind === 'busy') throw new Error(reason);
    logger.warn('somebody cannot be told of a proposal', { proposal: occasion.shown, reason });
    if (isOwed) await this.#undeliverable(telling, { ...about, reason }, cause);
  }

  /** What never was a notification, since there is no way to whom it is for. */
  async #undeliverable(
    { name, dedupe_id, message, urgency }: ProposalTelling,
    { reason, flow, run }: { readonly reason: string; readonly flow: string; readonly run: string },
    cause: Cause,
  ): Promise<void> {
    const { store, time } = this.#options;
    const about = { dedupe_id, channel: name, to: '', urgency, flow, run, message };
    const data = JSON.stringify({ ...about, attempt: 0, reason });
    const record = ownRecord('notification.undeliverable', data, time.now(), cause);
    const event = { ...record, subject: flow };
    const result = await store.append({ writes: [{ kind: 'event', record: event }] });
    if (result.kind !== 'appended') throw new Error('the disk is full');
  }

  /** @throws Error where it cannot be kept. */
  async #keep(to: number): Promise<void> {
    if (to <= this.#kept) return;
    const checkpoint = { consumer: NOTICES, from: this.#kept, to, state: '{}' };
    const result = await this.#options.store.append({ writes: [], checkpoint });
    if (result.kind !== 'appended') throw new Error('the place in the log cannot be kept');
    this.#kept = to;
  }
}
