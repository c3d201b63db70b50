import type { RecordDraft } from '../store/contract.ts';
import type { EntityColumns, EntityFold, EntityWrite } from '../store/entity.ts';
import { type Cause, ownRecord } from '../store/record.ts';
import {
  evolveNotification,
  type Notification,
  type NotificationEvent,
  requested,
} from './notification.ts';

/** A notification as it stands in the store. */
export interface Standing {
  readonly id: number;
  readonly version: number;
  readonly notification: Notification;
  /** The place in the chain of causes that its later records take. */
  readonly cause: Cause;
}

/** A record of a notification. */
export function notificationRecord(
  { type, ...data }: NotificationEvent,
  received: number,
  cause: Cause,
): RecordDraft {
  const subject = 'flow' in data ? data.flow : null;
  return { ...ownRecord(type, JSON.stringify(data), received, cause), subject };
}

/** The row that is folded from a notification's records. */
export function notificationRow(notification: Notification, received: number): EntityColumns {
  const { state, due } = notification;
  const ended = due === null ? received : null;
  return { kind: 'notification', state, run: null, due, ended, data: JSON.stringify(notification) };
}

/** The notification that a row holds. */
export function notificationOf({ data }: Pick<EntityColumns, 'data'>): Notification {
  return JSON.parse(data) as Notification;
}

/** How the rows of notifications are made of the log. */
export const notificationFold: EntityFold = {
  kind: 'notification',
  fold(before, { type, source, data, received }) {
    if (source !== null || !type.startsWith('notification.')) return undefined;
    const event = { type, ...(JSON.parse(data) as object) } as NotificationEvent;
    if (event.type === 'notification.requested') {
      return notificationRow(requested(event, received), received);
    }
    if (before === undefined) return undefined;
    const after = evolveNotification(notificationOf(before), event, received);
    return notificationRow(after, received);
  },
};

/** The first record of a notification. */
export function openingWrite(
  notification: Notification,
  event: NotificationEvent,
  { received, cause }: { readonly received: number; readonly cause: Cause },
): EntityWrite {
  return {
    kind: 'entity',
    entity: null,
    expectedVersion: null,
    record: notificationRecord(event, received, cause),
    row: notificationRow(notification, received),
  };
}

/** The next record of a notification, which makes this of it. */
export function movingWrite(
  { id, version, cause }: Standing,
  event: NotificationEvent,
  { after, received }: { readonly after: Notification; readonly received: number },
): EntityWrite {
  return {
    kind: 'entity',
    entity: id,
    expectedVersion: version,
    record: notificationRecord(event, received, cause),
    row: notificationRow(after, received),
  };
}
