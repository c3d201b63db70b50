import type { LinkClaims } from '../gates/signed-link.ts';
import type { People } from '../identity/people.ts';
import { type Clock, delay, type Timer, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Random } from '../std/random.ts';
import type { Service } from '../std/service.ts';
import type { Store } from '../store/contract.ts';
import type { EntityRow } from '../store/entity.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { appendPatiently } from '../store/patience.ts';
import { type Cause, correlationOf } from '../store/record.ts';
import type { Channel, Delivery } from './channel.ts';
import { ChannelQueue } from './channel-queue.ts';
import type { OpenChannel } from './kinds.ts';
import {
  evolveNotification,
  type Notification,
  type NotificationEvent,
  requested,
  type Requested,
  routeOf,
  settleDelivery,
  settleSilence,
  timeoutMsOf,
} from './notification.ts';
import { movingWrite, notificationOf, openingWrite, type Standing } from './notification-record.ts';
import { type Recipients, routesOf } from './recipients.ts';
import { REPEAT_MS } from './shape.ts';
import { visibleText } from './visible-text.ts';

/** What a notifier tells over, and records with. */
export interface NotifierOptions {
  readonly store: Store;
  readonly channels: ReadonlyMap<string, OpenChannel>;
  /** Who there is by now. */
  readonly people: () => People;
  /** Whether somebody has taken care of the incident of this key, or it is over. */
  readonly isCaredFor: (incident: string) => boolean;
  /** The address by which somebody decides; undefined where nobody could reach it. */
  readonly linkOf?: ((claims: LinkClaims) => Promise<string | undefined>) | undefined;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What is asked of a notifier. */
export interface NotifyRequest extends Omit<Requested, 'routes'> {
  /** Channels and people, in the order in which they are tried. */
  readonly names: readonly string[];
  /** Whom it is for, where a channel is named; empty for nobody. */
  readonly to: string;
}

/** Whether a notification is accepted: then it is on disk, and will be told or be undeliverable. */
export type Accepted =
  | { readonly kind: 'accepted'; readonly id: number }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Not for the moment. */
  | { readonly kind: 'busy'; readonly reason: string };

/** Notifications that are open at once; more are not accepted for the moment. */
const OPEN_MAX = 10_000;
/** How many more may be open where they are critical: a flood of others keeps none of them away. */
const CRITICAL_MAX = 1_000;
/** Those that ended last: who asks for one of them again is told that it is there. */
const ENDED_MAX = 1_000;
const PAGE = 1_000;
/** How long a stop waits for tries under way. */
const STOP_MS = 2_000;

interface Open {
  standing: Standing;
  timer: Timer | undefined;
}

/**
 * Tells people: each notification over its first channel that takes it. What is accepted is told at
 * least once, whatever happens, always under the same dedupe id, or is `undeliverable` for all to
 * see. A try that a crash or a stop interrupts is made again.
 */
export class Notifier implements Service {
  readonly name = 'notifier';
  readonly #options: NotifierOptions;
  readonly #open = new Map<number, Open>();
  /** By dedupe id, in the order in which they came. */
  readonly #ids = new Map<string, number>();
  readonly #queues = new Map<string, ChannelQueue>();
  readonly #stopping = new AbortController();
  readonly #tries = new Set<Promise<void>>();
  /** Requests under way: one of the same id waits for the first. */
  readonly #requests = new Map<string, Promise<Accepted>>();
  #started = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** How many are yet to be told. */
  get pending(): number {
    return this.#open.size;
  }

  async start(): Promise<void> {
    const { store } = this.#options;
    const ended = await store.entities({ kind: 'notification', limit: ENDED_MAX });
    for (const row of ended.toReversed()) this.#ids.set(notificationOf(row).dedupe_id, row.id);
    for (let before: number | undefined; ;) {
      const rows = await store.entities({ kind: 'notification', open: true, limit: PAGE, before });
      if (rows.length === 0) break;
      await this.#take(rows);
      before = rows.at(-1)?.id;
    }
    this.#started = true;
    for (const id of [...this.#open.keys()].toSorted((a, b) => a - b)) this.#arm(id);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { timer } of this.#open.values()) timer?.cancel();
    const patience = new AbortController();
    const ended = Promise.all(this.#tries);
    await Promise.race([ended, delay(this.#options.clock, STOP_MS, patience.signal)]);
    patience.abort();
  }

  /** Whom names may mean by now. */
  recipients(): Recipients {
    const { channels, people } = this.#options;
    return { channels: new Set(channels.keys()), people: people() };
  }

  /** Resolves when it is on disk. One that was accepted under this dedupe id is not told anew. */
  async request(request: NotifyRequest, cause: Cause): Promise<Accepted> {
    const under = this.#requests.get(request.dedupe_id);
    if (under !== undefined) return under;
    const accepted = this.#accept(request, cause);
    this.#requests.set(request.dedupe_id, accepted);
    try {
      return await accepted;
    } finally {
      this.#requests.delete(request.dedupe_id);
    }
  }

  async #accept({ names, to, ...request }: NotifyRequest, cause: Cause): Promise<Accepted> {
    const known = this.#ids.get(request.dedupe_id);
    if (known !== undefined) return { kind: 'accepted', id: known };
    const most = request.urgency === 'critical' ? OPEN_MAX + CRITICAL_MAX : OPEN_MAX;
    if (this.#open.size >= most) {
      return { kind: 'busy', reason: `${most} notifications wait to be told` };
    }
    const routes = routesOf(names, visibleText(to), this.recipients());
    if ('problem' in routes) return { kind: 'refused', reason: routes.problem };
    const { store, time } = this.#options;
    const message = visibleText(request.message);
    const event = { type: 'notification.requested', ...request, message, routes } as const;
    const received = time.now();
    const notification = requested(event, received);
    const write = openingWrite(notification, event, { received, cause });
    const result = await store.append({ writes: [write] });
    if (result.kind !== 'appended') return { kind: 'busy', reason: 'the disk is full' };
    const id = result.first;
    this.#remember(request.dedupe_id, id);
    const standing = { id, version: id, notification, cause: { ...cause, causation: id } };
    this.#open.set(id, { standing, timer: undefined });
    if (this.#started) this.#arm(id);
    return { kind: 'accepted', id };
  }

  #remember(dedupeId: string, id: number): void {
    this.#ids.set(dedupeId, id);
    if (this.#ids.size <= OPEN_MAX + ENDED_MAX) return;
    const ended = [...this.#ids].find(([, each]) => !this.#open.has(each));
    if (ended !== undefined) this.#ids.delete(ended[0]);
  }

  async #take(rows: readonly EntityRow[]): Promise<void> {
    const { store } = this.#options;
    const records = await store.readAt(rows.map(({ id }) => id));
    const byId = new Map(records.map((record) => [record.seq, record]));
    for (const row of rows) {
      const first = byId.get(row.id);
      const cause: Cause = {
        correlation: first === undefined ? null : correlationOf(first, store.identity),
        causation: row.id,
        hops: first?.hops ?? 0,
      };
      const standing = {
        id: row.id,
        version: row.version,
        notification: notificationOf(row),
        cause,
      };
      this.#ids.set(standing.notification.dedupe_id, row.id);
      this.#open.set(row.id, { standing, timer: undefined });
    }
  }

  /** Has it tried when it is due. */
  #arm(id: number): void {
    const open = this.#open.get(id);
    const due = open?.standing.notification.due ?? null;
    if (open === undefined || due === null || this.#stopping.signal.aborted) return;
    const { clock, time } = this.#options;
    const delayMs = Math.min(Math.max(0, due - time.now()), TIMER_DELAY_MS_MAX);
    open.timer = clock.schedule(delayMs, () => {
      if (time.now() < due) this.#arm(id);
      else this.#pursue(open.standing);
    });
  }

  #pursue(standing: Standing): void {
    const pursued: Promise<void> = this.#try(standing)
      .catch((error: unknown) => {
        const { logger } = this.#options;
        logger.error('a notification could not be told', { reason: messageOf(error) });
      })
      .finally(() => this.#tries.delete(pursued));
    this.#tries.add(pursued);
  }

  async #try(standing: Standing): Promise<void> {
    const silence = this.#silence(standing.notification);
    if (silence !== undefined) return this.#record(standing, silence);
    const { notification } = standing;
    const { channel } = routeOf(notification);
    const queue = this.#queueOf(channel);
    await queue.enter(notification.urgency === 'critical');
    let delivery: Delivery;
    try {
      delivery = await this.#send(notification);
    } finally {
      queue.leave();
    }
    const { signal } = this.#stopping;
    // What a stop has cut short is no failure: it is tried again at the next start.
    if (signal.aborted && delivery.kind !== 'sent') return;
    const { channels, time, random } = this.#options;
    const repeatMs = channels.get(channel)?.repeatMs ?? REPEAT_MS;
    const attempted = { delivery, now: time.now(), random, repeatMs };
    return this.#record(standing, settleDelivery(notification, attempted));
  }

  /** What becomes of one that was told and not acknowledged; undefined where it is to be told. */
  #silence(notification: Notification): NotificationEvent | undefined {
    const { isCaredFor, time } = this.#options;
    if (notification.state !== 'told') return undefined;
    const { incident, dedupe_id } = notification;
    if (incident !== null && isCaredFor(incident)) {
      return { type: 'notification.acknowledged', dedupe_id };
    }
    return settleSilence(notification, time.now());
  }

  async #send(notification: Notification): Promise<Delivery> {
    const { channels, clock } = this.#options;
    const { channel: name, to } = routeOf(notification);
    const open = channels.get(name);
    if (open === undefined) return { kind: 'refused', reason: 'there is no such channel any more' };
    const { dedupe_id: dedupeId, urgency, flow, run } = notification;
    const end = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, end.signal]);
    const timeoutMs = timeoutMsOf(notification);
    const late = delay(clock, timeoutMs, signal).then((): Delivery => {
      return { kind: 'failed', reason: `it did not answer within ${timeoutMs / 1_000} s` };
    });
    try {
      const message = { dedupeId, to, urgency, flow, run };
      const sent = this.#textFor(notification, open.channel).then((text) => {
        return open.channel.send({ ...message, text }, signal);
      });
      return await Promise.race([sent, late]);
    } catch (error) {
      return { kind: 'failed', reason: messageOf(error) };
    } finally {
      end.abort();
    }
  }

  /** The link is in no record of the log: whoever has it decides. */
  async #textFor(notification: Notification, { carriesLinks }: Channel): Promise<string> {
    const { message, decides } = notification;
    const isTheirs = decides !== undefined && routeOf(notification).to === decides.person;
    if (!isTheirs || carriesLinks !== true) return message;
    const link = await this.#options.linkOf?.(decides);
    return link === undefined ? message : `${message}\nDecide: ${link}`;
  }

  #queueOf(channel: string): ChannelQueue {
    const queue = this.#queues.get(channel) ?? new ChannelQueue();
    this.#queues.set(channel, queue);
    return queue;
  }

  async #record(standing: Standing, event: NotificationEvent): Promise<void> {
    const { store, time, clock } = this.#options;
    const received = time.now();
    const after = evolveNotification(standing.notification, event, received);
    const write = movingWrite(standing, event, { after, received });
    const { signal } = this.#stopping;
    const result = await appendPatiently(store, { writes: [write] }, { clock, time, signal });
    const { id } = standing;
    if (result.kind === 'full') return;
    if (result.kind !== 'appended' || after.due === null) {
      this.#open.delete(id);
      return;
    }
    const open = this.#open.get(id);
    if (open === undefined) return;
    open.standing = { ...standing, version: result.first, notification: after };
    this.#arm(id);
  }
}
