import { proposalOf } from '../gates/proposal.ts';
import type { Clock } from '../std/clock.ts';
import type { Json } from '../std/json.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import { Consumer } from '../store/consumer.ts';
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

/**
 * Has people told of proposals: that one is open, that it still is, and that nobody answers it.
 * What is told has one dedupe id however often a crash repeats it; the place in the log moves only
 * behind what the notifier has accepted, so none is lost. Whoever is to hear of an escalation and
 * cannot be told is `notification.undeliverable`.
 */
export class ProposalNotices implements Service {
  readonly name = NOTICES;
  readonly #options: ProposalNoticesOptions;
  readonly #consumer: Consumer;

  constructor(options: ProposalNoticesOptions) {
    this.#options = options;
    const { store, clock, logger } = options;
    this.#consumer = new Consumer({
      store,
      clock,
      name: NOTICES,
      types: NOTICE_TYPES,
      among: 'proposal.*',
      take: (record) => this.#tell(record),
      suffers: (reason) => logger.warn('people are told later of a proposal', { reason }),
    });
  }

  start(): Promise<void> {
    return this.#consumer.start();
  }

  stop(): Promise<void> {
    return this.#consumer.stop();
  }

  /** Nobody is told any more of one that has been answered meanwhile. */
  async #tell(record: LogRecord): Promise<boolean> {
    const { store, audience } = this.#options;
    const proposed = record.type === 'proposal.opened' ? record.seq : record.causation;
    const row = proposed === null ? undefined : await store.entity(proposed);
    if (row?.kind !== 'proposal' || row.ended !== null || record.source !== null) return false;
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
    return true;
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
}
