import { type Backoff, backoff } from '../std/backoff.ts';
import type { LinkClaims } from '../gates/signed-link.ts';
import type { Random } from '../std/random.ts';
import type { Delivery } from './channel.ts';
import type { Urgency } from './urgency.ts';

/** Whom a notification goes to, and over what. */
export interface Route {
  readonly channel: string;
  /** Empty where nobody is named. */
  readonly to: string;
}

/** What a notification is born with and never changes. */
export interface Requested {
  readonly dedupe_id: string;
  readonly message: string;
  readonly urgency: Urgency;
  /** Tried in this order: the next one when one has failed. At least one. */
  readonly routes: readonly Route[];
  readonly flow: string;
  /** The run as shown. */
  readonly run: string;
  readonly step: string;
  /** The key of the incident whose acknowledgement ends the repetition of a critical one. */
  readonly incident: string | null;
  /** What its recipient may decide on, and only they: see `Channel.carriesLinks`. */
  readonly decides?: LinkClaims | undefined;
}

/**
 * Where a notification stands. `told`: it was sent, and is repeated unless somebody acknowledges
 * it. The last three are ends.
 */
export const NOTIFICATION_STATES = [
  'pending',
  'told',
  'sent',
  'acknowledged',
  'undeliverable',
] as const;
export type NotificationState = (typeof NOTIFICATION_STATES)[number];

/** A notification, as its records say it. */
export interface Notification extends Requested {
  readonly state: NotificationState;
  /** Which of its routes is in use. */
  readonly route: number;
  /** Tries in a row that have failed on this route. */
  readonly failed: number;
  /** How often it was sent on this route. */
  readonly sent: number;
  /** When it is tried next, in engine time; null once it has ended. */
  readonly due: number | null;
  readonly reason: string | null;
}

/** What the records of a notification say, by their types. */
export type NotificationEvent =
  | ({ readonly type: 'notification.requested' } & Requested)
  | ({ readonly type: 'notification.sent' } & Tried & {
        readonly again: number | null;
        /** Nobody was told: the daemon runs in test mode. */
        readonly muted?: true;
      })
  | ({ readonly type: 'notification.failed' } & Tried &
      Reason & { readonly again: number; readonly next: number })
  | ({ readonly type: 'notification.undeliverable' } & Tried & Reason)
  | { readonly type: 'notification.acknowledged'; readonly dedupe_id: string };

interface Tried {
  readonly dedupe_id: string;
  readonly channel: string;
  readonly to: string;
  readonly urgency: Urgency;
  readonly flow: string;
  readonly run: string;
  readonly message: string;
  /** Counts from 1, on this channel. */
  readonly attempt: number;
}

interface Reason {
  readonly reason: string;
}

/** How often a channel is tried before the next one is, and how long a try may take. */
interface Patience {
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly backoff: Backoff;
  /** The longest time that a channel may ask us to stay away while there is another one. */
  readonly afterMsMax: number;
}

const PATIENT: Patience = {
  attempts: 3,
  timeoutMs: 10_000,
  backoff: { delayMs: 1_000, factor: 4, delayMsMax: 60_000 },
  afterMsMax: 60_000,
};
/** Two tries and what is between them leave time for the next channel within ten seconds. */
const URGENT: Patience = {
  attempts: 2,
  timeoutMs: 3_000,
  backoff: { delayMs: 500, factor: 1, delayMsMax: 500 },
  afterMsMax: 1_000,
};
/** On the last channel everything is given a longer chance. */
const LAST_ATTEMPTS = 6;
const LAST_AFTER_MS_MAX = 3_600_000;
/** How often a critical notification is sent over one channel while nobody acknowledges it. */
export const SENDS_MAX = 3;

function patienceOf({ urgency }: Pick<Notification, 'urgency'>): Patience {
  return urgency === 'critical' ? URGENT : PATIENT;
}

/** How long one try may take. */
export function timeoutMsOf(notification: Notification): number {
  return isLast(notification) ? PATIENT.timeoutMs : patienceOf(notification).timeoutMs;
}

function isLast({ route, routes }: Notification): boolean {
  return route >= routes.length - 1;
}

/** The route in use. There is one while the notification has not ended. */
export function routeOf({ routes, route }: Notification): Route {
  return routes[route] ?? { channel: '', to: '' };
}

export interface Attempted {
  readonly delivery: Delivery;
  readonly now: number;
  readonly random: Random;
  /** After how long a critical one is repeated over this channel. */
  readonly repeatMs: number;
}

/** What one try has come to. Pure: the same for the same draw of `random`. */
export function settleDelivery(
  notification: Notification,
  attempted: Attempted,
): NotificationEvent {
  const { delivery, now, repeatMs } = attempted;
  if (delivery.kind === 'sent') {
    const again = notification.urgency === 'critical' ? now + repeatMs : null;
    const { muted } = delivery;
    return { type: 'notification.sent', ...triedOf(notification), again, ...(muted && { muted }) };
  }
  const { failed } = notification;
  const { reason } = delivery;
  const attempts = isLast(notification) ? LAST_ATTEMPTS : patienceOf(notification).attempts;
  const isOver =
    delivery.kind === 'refused' || failed + 1 >= attempts || staysAway(notification, attempted);
  if (!isOver) {
    const again = now + delayMsOf(notification, attempted);
    const next = notification.route;
    return { type: 'notification.failed', ...triedOf(notification), reason, again, next };
  }
  return givenUp(notification, reason, now);
}

/** What becomes of a critical notification that was sent and that nobody has acknowledged. */
export function settleSilence(
  notification: Notification,
  now: number,
): NotificationEvent | undefined {
  if (notification.sent < SENDS_MAX) return undefined;
  return givenUp(notification, 'nobody acknowledged it', now);
}

/** The next channel is tried at once; behind the last one there is none. */
function givenUp(notification: Notification, reason: string, now: number): NotificationEvent {
  if (isLast(notification)) {
    return { type: 'notification.undeliverable', ...triedOf(notification), reason };
  }
  const next = notification.route + 1;
  return { type: 'notification.failed', ...triedOf(notification), reason, again: now, next };
}

function staysAway(notification: Notification, { delivery }: Attempted): boolean {
  const afterMs = delivery.kind === 'failed' ? (delivery.afterMs ?? 0) : 0;
  return !isLast(notification) && afterMs > patienceOf(notification).afterMsMax;
}

function delayMsOf(notification: Notification, { delivery, random }: Attempted): number {
  const asked = delivery.kind === 'failed' ? delivery.afterMs : undefined;
  const policy = isLast(notification) ? PATIENT.backoff : patienceOf(notification).backoff;
  return Math.min(asked ?? backoff(policy, notification.failed + 1, random), LAST_AFTER_MS_MAX);
}

function triedOf(notification: Notification): Tried {
  const { dedupe_id, urgency, flow, run, message, failed, sent } = notification;
  const { channel, to } = routeOf(notification);
  return { dedupe_id, channel, to, urgency, flow, run, message, attempt: failed + sent + 1 };
}

/** A notification as it begins; it is due at once. */
export function requested(request: Requested, received: number): Notification {
  const fresh = { state: 'pending', route: 0, failed: 0, sent: 0, reason: null } as const;
  const { dedupe_id, message, urgency, routes, flow, run, step, incident, decides } = request;
  const said = { dedupe_id, message, urgency, routes, flow, run, step, incident };
  return { ...said, ...(decides && { decides }), ...fresh, due: received };
}

/** The fold: what a notification is behind one more record of it. */
export function evolveNotification(
  before: Notification,
  event: NotificationEvent,
  received: number,
): Notification {
  switch (event.type) {
    case 'notification.requested':
      return requested(event, received);
    case 'notification.sent':
      return event.again === null
        ? { ...before, state: 'sent', due: null, reason: null }
        : { ...before, state: 'told', due: event.again, failed: 0, sent: before.sent + 1 };
    case 'notification.failed': {
      const { next: route, again: due, reason } = event;
      if (route === before.route) return { ...before, due, reason, failed: before.failed + 1 };
      return { ...before, state: 'pending', route, failed: 0, sent: 0, due, reason };
    }
    case 'notification.undeliverable':
      return { ...before, state: 'undeliverable', due: null, reason: event.reason };
    case 'notification.acknowledged':
      return { ...before, state: 'acknowledged', due: null };
  }
}
