import { type EventDraft, textProblem, TYPE_LENGTH_MAX } from '../event.ts';
import { isOwnType } from '../own-types.ts';
import { readJsonLine } from './json-line.ts';
import { readTime } from './time.ts';

/** An event as a line tells it. */
export type LoggedEvent = Omit<EventDraft, 'source' | 'correlationid'>;

/** What one line of an event log says. */
export type LineReading =
  | { readonly kind: 'event'; readonly event: LoggedEvent }
  /** Nothing stands there. */
  | { readonly kind: 'blank' }
  /** Signalbox wrote it about itself: only another Signalbox's log holds such lines. */
  | { readonly kind: 'own'; readonly type: string }
  | { readonly kind: 'bad'; readonly reason: string };

/** The words of a line: what `emit_event` is called with, and when. */
export interface LineWords {
  /** RFC 3339. */
  readonly time: string;
  readonly type: string;
  readonly operation: string;
  readonly context: string;
  readonly payload: string;
}

/** What stands in the second field of every line. */
const MARK = 'EVENT';
/** `time|EVENT|type|operation|context|payload` */
const FIELDS = 6;
/** A shell's redirection that was pasted into the line's format, and is printed with it. */
const PASTED = / < \/dev\/null$/;
/** The beginning of another line where a payload should be. */
const SECOND_LINE = /\d{4}-\d\d-\d\dT[\d:.]+\S{0,6}(?: < \/dev\/null )?\| ?EVENT\|/;

/**
 * One line without its newline: `time|EVENT|type|operation|context|payload`, the same as the form
 * was once printed (`time < /dev/null | EVENT|…`), a JSON object, or a CloudEvent. Never throws.
 */
export function readLine(line: string): LineReading {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (text.trim() === '') return { kind: 'blank' };
  const reading = text.trimStart().startsWith('{') ? readJsonLine(text) : readPipeLine(text);
  if ('reason' in reading) return { kind: 'bad', reason: reading.reason };
  const { type } = reading;
  if (isOwnType(type)) return { kind: 'own', type };
  const problem = textProblem('type', type, TYPE_LENGTH_MAX);
  return problem === undefined
    ? { kind: 'event', event: reading }
    : { kind: 'bad', reason: problem };
}

/** The line of these words, without its newline: `readLine` gives back exactly what they were. */
export function formatLine({ time, type, operation, context, payload }: LineWords): string {
  return [time, MARK, ...[type, operation, context, payload].map(escapeField)].join('|');
}

/** Whether a text goes so far that one may take it for a line, if a short one. */
export function isLineBegun(text: string): boolean {
  return text.includes(`|${MARK}|`);
}

function readPipeLine(text: string): LoggedEvent | { readonly reason: string } {
  const fields = splitFields(text, FIELDS);
  const [first = '', mark = '', type = '', operation = '', context = '', payload = ''] = fields;
  if (fields.length < FIELDS || mark.trim() !== MARK) return { reason: NO_LINE };
  const time = readTime(first.trimEnd().replace(PASTED, ''));
  if (time === undefined) return { reason: `"${first.slice(0, 60)}" is no time.` };
  if (SECOND_LINE.test(payload)) return { reason: 'Two lines ran into one another.' };
  const words = { operation, context, payload };
  const data = Object.entries(words).map(([name, field]) => [name, unescapeField(field)]);
  return { type: unescapeField(type), time, data: JSON.stringify(Object.fromEntries(data)) };
}

const NO_LINE = 'It is neither time|EVENT|type|operation|context|payload nor a JSON object.';

/** The fields as they are written; the last one may hold the separator unescaped. */
export function splitFields(text: string, count: number): string[] {
  const fields: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length && fields.length < count - 1; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '|') {
      fields.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...fields, text.slice(start)];
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['|', '\\|'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\0', '\\0'],
]);
const CHARACTERS = new Map([...ESCAPES].map(([char, escape]) => [escape, char]));

/** A field as it stands in a line. */
export function escapeField(text: string): string {
  // oxlint-disable-next-line no-control-regex -- what would end or tear the line
  return text.replaceAll(/[\\|\n\r\u0000]/g, (char) => String(ESCAPES.get(char)));
}

/** What a field means. A backslash before another character is one, as in what others wrote. */
export function unescapeField(field: string): string {
  return field.replaceAll(/\\[\\|nr0]/g, (escape) => String(CHARACTERS.get(escape)));
}
