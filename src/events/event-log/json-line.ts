import { LOG_ATTRIBUTES } from '../attributes.ts';
import { readEvents } from '../cloudevents.ts';
import type { EventDraft } from '../event.ts';
import { messageOf } from '../../std/errors.ts';
import { type Json, parseJson } from '../../std/json.ts';
import { memberText } from '../../std/raw-json.ts';
import { isOwnType } from '../own-types.ts';
import type { LoggedEvent } from './line.ts';
import { readTime } from './time.ts';

/** The names that a type and a time go by, the first that is there. */
const TYPE_NAMES = ['type', 'event_type', 'event'];
const TIME_NAMES = ['time', 'timestamp', 'ts'];
/** The words of a line: where one stands there, so do the others. */
const WORDS = ['operation', 'context', 'payload'];

type Members = { readonly [name: string]: Json };
type Reading = LoggedEvent | { readonly reason: string };

/**
 * An event of a JSON object: a CloudEvent where it has a `specversion`, else `type`, `time` and
 * `data`; without `data` this is what else stands there.
 */
export function readJsonLine(text: string): Reading {
  try {
    // It begins as an object: else it is no JSON.
    const value = parseJson(text) as Members;
    return 'specversion' in value ? readCloudEvent(text, value) : readObject(text, value);
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

/**
 * Its source goes into its id, since the source of what is read is the log. That it may be trusted
 * is not for a line to say, and what only a log gives is left out of what it exported.
 */
function readCloudEvent(text: string, value: Members): Reading {
  const { type } = value;
  if (typeof type === 'string' && isOwnType(type)) return { type, data: 'null' };
  const kept = Object.entries(value).filter(
    ([name]) => name !== 'data' && !LOG_ATTRIBUTES.has(name),
  );
  const head = JSON.stringify(Object.fromEntries(kept)).slice(0, -1);
  const whole = `${head},"data":${memberText(text, 'data') ?? 'null'}}`;
  const [draft] = readEvents('structured', {}, whole) as [EventDraft];
  const { source, id, trust, correlationid: _, ...event } = draft;
  return { ...event, id: `${source}#${id}`, ...(trust === 'untrusted' ? { trust } : {}) };
}

function readObject(text: string, value: Members): Reading {
  const typeName = TYPE_NAMES.find((name) => typeof value[name] === 'string');
  const type = typeName === undefined ? undefined : value[typeName];
  if (typeof type !== 'string') return { reason: 'It has no "type"; give it a text.' };
  const timeName = TIME_NAMES.find((name) => (value[name] ?? null) !== null);
  const time = timeName === undefined ? undefined : readTime(textOf(value[timeName]));
  if (timeName !== undefined && time === undefined) return { reason: `"${timeName}" is no time.` };
  return { type, ...(time && { time }), data: dataOf(text, value, [typeName, timeName]) };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Members as they are written, so that no number loses digits. */
function dataOf(text: string, value: Members, taken: readonly (string | undefined)[]): string {
  if ('data' in value) return String(memberText(text, 'data'));
  const names = Object.keys(value).filter((name) => !taken.includes(name));
  const missing = WORDS.some((word) => word in value)
    ? WORDS.filter((word) => !(word in value))
    : [];
  const members = [
    ...names.map((name) => `${JSON.stringify(name)}:${memberText(text, name)}`),
    ...missing.map((word) => `${JSON.stringify(word)}:""`),
  ];
  return `{${members.join(',')}}`;
}
