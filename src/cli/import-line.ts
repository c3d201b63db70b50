import { hash } from 'node:crypto';
import type { EventDraft } from '../events/event.ts';
import {
  type LineReading,
  readLine,
  splitFields,
  unescapeField,
} from '../events/event-log/line.ts';
import { readTime } from '../events/event-log/time.ts';
import { SignalboxError } from '../std/errors.ts';
import { isObject, type Json } from '../std/json.ts';
import type { Line } from './lines.ts';

/** How the lines of an old log are read. */
export interface ImportRules {
  /** What the fields of a line of fields are, in their order; `-` is left out. */
  readonly fields: readonly string[] | undefined;
  /** The member of the data whose value names the chain that an event belongs to. */
  readonly correlate: string | undefined;
  /** The source of the events. */
  readonly source: string;
}

const ID_LENGTH = 16;

/**
 * What a line of an old log says. Its id is made of its place and its content, so that it is the
 * same whenever it is imported.
 */
export function readImportLine({ text, tooLong }: Line, rules: ImportRules): LineReading {
  if (tooLong) return { kind: 'bad', reason: 'The line is larger than any event may be.' };
  const { fields } = rules;
  const isFields = fields !== undefined && !text.trimStart().startsWith('{');
  return isFields ? readFields(text, fields) : readLine(text);
}

/**
 * The event of a line, marked so that it starts nothing.
 *
 * @throws SignalboxError `event.invalid` for a line that holds none.
 */
export function draftOfImport(line: Line, rules: ImportRules): EventDraft {
  const reading = readImportLine(line, rules);
  if (reading.kind !== 'event') {
    const reason = reading.kind === 'bad' ? reading.reason : 'It holds no event.';
    throw new SignalboxError('event.invalid', reason);
  }
  const { event } = reading;
  const digest = hash('sha256', line.text, 'base64url').slice(0, ID_LENGTH);
  return {
    ...event,
    id: event.id ?? `line-${line.number}-${digest}`,
    source: rules.source,
    correlationid: correlationOf(event.data, rules.correlate),
    imported: true,
  };
}

function correlationOf(data: string, member: string | undefined): string | undefined {
  if (member === undefined) return undefined;
  const value = JSON.parse(data) as Json;
  const found = isObject(value) ? value[member] : undefined;
  const isName = typeof found === 'string' || typeof found === 'number';
  return isName && found !== '' ? String(found) : undefined;
}

function readFields(text: string, names: readonly string[]): LineReading {
  const fields = splitFields(text.replace(/\r$/, ''), names.length).map(unescapeField);
  if (fields.length < names.length) {
    return { kind: 'bad', reason: `It has ${fields.length} fields of ${names.length}.` };
  }
  const named = new Map(names.map((name, index) => [name, (fields[index] ?? '').trim()]));
  const written = named.get('time');
  const time = written === undefined ? undefined : readTime(written);
  if (written !== undefined && time === undefined) {
    return { kind: 'bad', reason: `"${written.slice(0, 60)}" is no time.` };
  }
  const type = named.get('type') ?? '';
  const data = [...named].filter(([name]) => !['time', 'type', '-'].includes(name));
  // Read as JSON, the type is held to the same rules wherever it stands.
  return readLine(JSON.stringify({ type, ...(time && { time }), data: Object.fromEntries(data) }));
}
