import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readEvents } from '../events/cloudevents.ts';
import { draftProblem, type EventDraft } from '../events/event.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { parseJson } from '../std/json.ts';
import { memberText } from '../std/raw-json.ts';
import { parseTraceparent } from '../std/trace-context.ts';

/** What `emit` was told about its events, besides their data. */
export interface EmitAttributes {
  /** The type of every event; undefined where each line names its own. */
  readonly type?: string | undefined;
  readonly source?: string | undefined;
  readonly subject?: string | undefined;
  readonly id?: string | undefined;
  readonly correlation?: string | undefined;
  /** The trace that the command is a part of; what is none is ignored. */
  readonly traceparent?: string | undefined;
}

/** The three words of `emit_event`: what was done, in which context, and what came of it. */
export type EmitWords = readonly (string | undefined)[];

/** The source of an event that names none. */
export const DEFAULT_SOURCE = 'cli';

/** What an event is given as its data: `data`, or words in its place. */
interface GivenData {
  readonly data: string | undefined;
  readonly words: EmitWords;
  /** The folder that files are named from. */
  readonly folder: string;
}

/**
 * The one event of a command line, its data given as `--data`, as words, or not at all.
 *
 * @throws SignalboxError `usage.invalid` where the data is no JSON, or an attribute is not allowed.
 */
export function draftOfArguments(
  type: string,
  attributes: EmitAttributes,
  given: GivenData,
): EventDraft {
  const draft = withAttributes({ type, data: dataOf(given) }, attributes);
  const problem = draftProblem(draft);
  if (problem !== undefined) throw usage(problem);
  return draft;
}

/**
 * The event in one line of a stream: an object with a `type`, or the data alone where all events
 * have the same type.
 *
 * @throws SignalboxError `json.invalid`, `json.too_deep` or `event.invalid`.
 */
export function draftOfLine(text: string, attributes: EmitAttributes): EventDraft {
  if (attributes.type === undefined) {
    const [draft] = readEvents('plain', {}, text);
    if (draft === undefined) throw new SignalboxError('event.invalid', 'This line holds no event.');
    const source = memberText(text, 'source') === undefined ? undefined : draft.source;
    return withAttributes({ ...draft, source }, attributes);
  }
  parseJson(text);
  const draft = withAttributes({ type: attributes.type, data: text.trim() }, attributes);
  const problem = draftProblem(draft);
  if (problem !== undefined) throw new SignalboxError('event.invalid', problem);
  return draft;
}

/**
 * Tells the payload from the data directory among what was given as `--data`.
 *
 * The flag means both on this command line; what names a directory and is no JSON is the directory.
 *
 * @throws SignalboxError `usage.invalid` where there are two of a kind.
 */
export function sortData(
  values: readonly string[],
  workingDirectory: string,
): { readonly payload: string | undefined; readonly directory: string | undefined } {
  const directories = values.filter((value) => isDirectory(value, workingDirectory));
  const payloads = values.filter((value) => !directories.includes(value));
  if (payloads.length > 1) throw usage('--data is given twice; an event has one payload.');
  if (directories.length > 1) throw usage('--data names two directories; choose one.');
  return { payload: payloads[0], directory: directories[0] };
}

function isDirectory(value: string, workingDirectory: string): boolean {
  if (value === '-' || value.startsWith('@') || isJson(value)) return false;
  return (
    statSync(resolve(workingDirectory, value), { throwIfNoEntry: false })?.isDirectory() === true
  );
}

function isJson(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

type PartialDraft = Omit<EventDraft, 'source'> & { readonly source?: string | undefined };

/** What the event says itself wins over what was said for all. */
function withAttributes(draft: PartialDraft, attributes: EmitAttributes): EventDraft {
  return {
    ...draft,
    source: draft.source ?? attributes.source ?? DEFAULT_SOURCE,
    subject: draft.subject ?? attributes.subject,
    id: draft.id ?? attributes.id,
    correlationid: draft.correlationid ?? attributes.correlation,
    extensions: extensionsOf(draft, attributes),
  };
}

function extensionsOf(
  { extensions }: PartialDraft,
  { traceparent }: EmitAttributes,
): EventDraft['extensions'] {
  if (traceparent === undefined || parseTraceparent(traceparent) === undefined) return extensions;
  return { traceparent, ...extensions };
}

function dataOf({ data, words, folder }: GivenData): string {
  const isWorded = words.some((word) => word !== undefined);
  if (data !== undefined && isWorded) {
    throw usage('Data is given twice: as words and as --data. Leave one out.');
  }
  if (data !== undefined) return jsonOf(data, { folder });
  if (!isWorded) return 'null';
  const [operation = '', context = '', payload = ''] = words;
  return JSON.stringify({ operation, context, payload });
}

/** Where an argument stands: behind which flag, and which folder files are named from. */
interface ArgumentPlace {
  readonly flag?: string;
  readonly folder: string;
}

/**
 * The JSON of a `--data` or another flag, itself or in the file that it names.
 *
 * @throws SignalboxError `usage.invalid`
 */
export function jsonOf(argument: string, { flag = '--data', folder }: ArgumentPlace): string {
  if (argument.startsWith('@')) {
    return jsonOfFile(argument.slice(1), { flag: `${flag} @`, folder });
  }
  return checkedJson(argument, flag, ' A text is JSON in double quotes; @FILE reads a file.');
}

/**
 * The JSON in a file, for the flag that names it.
 *
 * @throws SignalboxError `usage.invalid`
 */
export function jsonOfFile(file: string, { flag, folder }: Required<ArgumentPlace>): string {
  return checkedJson(readData(file, { flag, folder }), file, '');
}

/**
 * The text where it is JSON.
 *
 * @throws SignalboxError `usage.invalid` naming the place that it came from.
 */
export function checkedJson(input: string, place: string, hint: string): string {
  const text = input.trim();
  try {
    parseJson(text);
    return text;
  } catch (error) {
    throw usage(`${place}: ${messageOf(error)}${hint}`, error);
  }
}

function readData(file: string, { flag, folder }: Required<ArgumentPlace>): string {
  try {
    return readFileSync(resolve(folder, file), 'utf8');
  } catch (error) {
    throw usage(`${flag}${file} cannot be read: ${messageOf(error)}.`, error);
  }
}

function usage(message: string, cause?: unknown): SignalboxError {
  return new SignalboxError('usage.invalid', message, { cause });
}
