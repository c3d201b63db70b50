import { SignalboxError } from '../std/errors.ts';
import type { Json } from '../std/json.ts';
import { draftProblem, type EventDraft, textProblem, type Trust } from './event.ts';

/** The attributes of one event by their names, each as text; the payload is none of them. */
export type Attributes = ReadonlyMap<string, string>;

/** How many attributes that are not ours one event may carry. */
export const EXTENSIONS_MAX = 32;
/** The source of an event that may do without one and names none. */
export const DEFAULT_SOURCE = 'api';

export interface AttributeRules {
  /** Whether the event must be a whole CloudEvent: `specversion`, `type`, `source` and `id`. */
  readonly strict: boolean;
  /** The id of an event that names none. */
  readonly fallbackId: string | undefined;
}

/**
 * An event of these attributes and this payload (JSON text).
 *
 * Names that are not ours are kept as extensions.
 *
 * @throws SignalboxError `event.invalid` naming the attribute and the remedy.
 */
export function draftOf(attributes: Attributes, data: string, rules: AttributeRules): EventDraft {
  const { strict, fallbackId } = rules;
  assertVersion(strict ? required(attributes, 'specversion') : attributes.get('specversion'));
  const draft: EventDraft = {
    type: required(attributes, 'type'),
    source: strict ? required(attributes, 'source') : (attributes.get('source') ?? DEFAULT_SOURCE),
    id: attributes.get('id') ?? fallbackId,
    subject: attributes.get('subject'),
    time: attributes.get('time'),
    datacontenttype: optionalText(attributes, 'datacontenttype'),
    dataschema: optionalText(attributes, 'dataschema'),
    correlationid: attributes.get('correlationid'),
    actor: attributes.get('actor'),
    trust: trustOf(attributes.get('trust')),
    imported: importedOf(attributes.get('imported')),
    extensions: extensionsOf(attributes),
    data,
  };
  if (strict && draft.id === undefined) {
    throw invalidEvent('"id" is missing; give one, or send the header Idempotency-Key.');
  }
  const problem = draftProblem(draft);
  if (problem !== undefined) throw invalidEvent(problem);
  return draft;
}

/**
 * An attribute's value in JSON as text; CloudEvents has texts, booleans and whole numbers.
 *
 * @throws SignalboxError `event.invalid` for any other value.
 */
export function attributeText(name: string, value: Json): string {
  if (typeof value === 'string') return value;
  if (name === 'imported' && value === true) return 'true';
  const own = OWN_ATTRIBUTES.has(name);
  if (!own && typeof value === 'boolean') return String(value);
  if (!own && typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  const allowed = own ? 'a text' : 'a text, a whole number or a boolean';
  throw invalidEvent(`"${name}" must be ${allowed}. Payload belongs in "data".`);
}

/** The error of an event that is refused for what it says. */
export function invalidEvent(problem: string, cause?: unknown): SignalboxError {
  return new SignalboxError('event.invalid', problem, { cause });
}

/** The attributes that an event has of its own. */
const OWN_ATTRIBUTES: ReadonlySet<string> = new Set([
  'specversion',
  'type',
  'source',
  'id',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'correlationid',
  'actor',
  'trust',
  'imported',
]);

/** Those that only the log gives. */
export const LOG_ATTRIBUTES: ReadonlySet<string> = new Set([
  'seq',
  'received',
  'causationid',
  'hops',
  'requestid',
  'replayof',
  'replayedby',
]);

function required(attributes: Attributes, name: string): string {
  const text = attributes.get(name);
  if (text === undefined) throw invalidEvent(`"${name}" is missing; give it a text.`);
  return text;
}

function assertVersion(version = '1.0'): void {
  if (version !== '1.0') {
    throw invalidEvent(`"specversion" is "${version}"; only "1.0" is read.`);
  }
}

function extensionsOf(attributes: Attributes): { [name: string]: string } | undefined {
  const extensions: { [name: string]: string } = {};
  let count = 0;
  for (const [name, text] of attributes) {
    if (OWN_ATTRIBUTES.has(name)) continue;
    const problem = extensionProblem(name, text);
    if (problem !== undefined) throw invalidEvent(problem);
    extensions[name] = text;
    count++;
  }
  if (count > EXTENSIONS_MAX) {
    throw invalidEvent(`At most ${EXTENSIONS_MAX} further attributes are allowed.`);
  }
  return count === 0 ? undefined : extensions;
}

function extensionProblem(name: string, text: string): string | undefined {
  if (LOG_ATTRIBUTES.has(name)) return `"${name}" is given by the log; leave it out.`;
  if (!/^[a-z0-9]{1,20}$/.test(name)) {
    const rule = 'names are 1 to 20 small letters and digits. Payload belongs in "data".';
    return `"${name}" is no attribute: ${rule}`;
  }
  return textProblem(name, text);
}

function optionalText(attributes: Attributes, name: string): string | undefined {
  const text = attributes.get(name);
  const problem = text === undefined ? undefined : textProblem(name, text);
  if (problem !== undefined) throw invalidEvent(problem);
  return text;
}

function importedOf(imported: string | undefined): true | undefined {
  if (imported === undefined) return undefined;
  if (imported === 'true') return true;
  throw invalidEvent(`"imported" is "${imported}"; it is true, or left out.`);
}

function trustOf(trust: string | undefined): Trust | undefined {
  if (trust === undefined || trust === 'trusted' || trust === 'untrusted') return trust;
  throw invalidEvent(`"trust" is "${trust}"; it is "trusted" or "untrusted".`);
}
