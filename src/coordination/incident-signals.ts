import { isOwnType } from '../events/own-types.ts';
import { isObject, type Json } from '../std/json.ts';
import type { LogRecord } from '../store/contract.ts';
import { type Level, levelOf } from './incident.ts';

/** What a record of the log means to incidents: that something is wrong, or is so no more. */
export type Signal =
  | {
      readonly kind: 'wrong';
      readonly key: string;
      readonly subject: string;
      readonly level: Level;
      readonly reason: string;
    }
  | { readonly kind: 'right'; readonly key: string; readonly why: string };

/** Characters of what is taken over from an event. */
const TEXT_LENGTH_MAX = 500;

/** The types of records that may mean something to incidents. */
export const SIGNAL_TYPES: ReadonlySet<string> = new Set([
  'run.stuck',
  'run.compensated',
  'notification.requested',
  'notification.sent',
  'notification.undeliverable',
  'incident.reported',
  'incident.cleared',
]);

/**
 * What a record means to incidents; undefined for most. Anybody who may emit events reports one by
 * `incident.reported {subject, level, reason}`, and takes it back by `incident.cleared {subject}`.
 * Pure.
 */
export function signalOf({ type, source, stream, data: text }: LogRecord): Signal | undefined {
  if (!SIGNAL_TYPES.has(type)) return undefined;
  const data: unknown = JSON.parse(text);
  if (!isObject(data)) return undefined;
  if (type.startsWith('incident.')) return reported(type, data);
  if (source !== null) return undefined;
  switch (type) {
    case 'run.stuck':
      return wrong(`run:${stream}`, textAt(data, 'flow') || `run ${stream}`, stuckReason(data));
    case 'run.compensated':
      return { kind: 'right', key: `run:${stream}`, why: 'the run was undone' };
    case 'notification.undeliverable':
      return wrong(
        undeliverableKey(data),
        `channel ${textAt(data, 'channel')}`,
        undeliverable(data),
      );
    case 'notification.sent':
      return { kind: 'right', key: undeliverableKey(data), why: 'a later one was sent' };
    default:
      return critical(data);
  }
}

/** What the keys begin with of incidents about notifications that nobody takes. */
export const UNDELIVERABLE = 'undeliverable:';

type Data = { readonly [name: string]: Json };

function reported(type: string, data: Data): Signal | undefined {
  const subject = textAt(data, 'subject');
  if (subject === '') return undefined;
  const key = `reported:${textAt(data, 'key') || subject}`;
  if (type === 'incident.cleared') {
    return { kind: 'right', key, why: textAt(data, 'reason') || 'it was cleared' };
  }
  const level = levelOf(textAt(data, 'level'));
  return { kind: 'wrong', key, subject, level, reason: textAt(data, 'reason') };
}

/** A critical notification about no incident is one itself: somebody is to acknowledge it. */
function critical(data: Data): Signal | undefined {
  const key = textAt(data, 'incident');
  if (!key.startsWith('notification:')) return undefined;
  return wrong(key, textAt(data, 'flow'), textAt(data, 'message'));
}

/**
 * The key of the incident that an event is about: of what reports one, and of the records of one;
 * undefined for an event about none. Pure.
 */
export function incidentKeyOf(type: string, data: Json): string | undefined {
  if (!isObject(data) || !type.startsWith('incident.')) return undefined;
  if (SIGNAL_TYPES.has(type)) return reported(type, data)?.key;
  const key = data['key'];
  return isOwnType(type) && typeof key === 'string' ? key : undefined;
}

function undeliverableKey(data: Data): string {
  return `${UNDELIVERABLE}${textAt(data, 'channel')}`;
}

function undeliverable(data: Data): string {
  return `UNDELIVERABLE over ${textAt(data, 'channel')}: ${textAt(data, 'reason')}`;
}

function stuckReason(data: Data): string {
  const error = data['error'];
  const message = isObject(error) ? textAt(error, 'message') : '';
  return `it could not be undone: ${message || textAt(data, 'step')}`;
}

function wrong(key: string, subject: string, reason: string): Signal {
  return { kind: 'wrong', key, subject, level: 'red', reason: reason.slice(0, TEXT_LENGTH_MAX) };
}

function textAt(data: Data, name: string): string {
  const value = data[name];
  return typeof value === 'string' ? value.slice(0, TEXT_LENGTH_MAX) : '';
}
