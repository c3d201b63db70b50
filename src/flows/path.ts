import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import type { Json } from '../std/json.ts';
import type { Scope } from './scope.ts';

/** A path such as `payload.commits[0].id`: a top-level name, then fields and positions. */
export type Path = readonly [string, ...(readonly (string | number)[])];

/** The text of a path, for use in larger expressions: `a.b`, `a.b-c.1`, `a[0].b`. */
export const PATH_SOURCE = String.raw`[A-Za-z_]\w*(?:\.[\w-]+|\[\d{1,9}\])*`;

const SEGMENTS = /^(?:\.[\w-]+|\[\d{1,9}\])+$/;
const SEGMENT = /\.([\w-]+)|\[(\d+)\]/g;
/** How many names of what is there a message lists. */
const NAMES_SHOWN_MAX = 8;
const NAME_LENGTH_SHOWN_MAX = 40;

/** Reads a text that `PATH_SOURCE` matches. */
export function parsePath(text: string): Path {
  const name = text.replace(/[.[].*/, '');
  return [name, ...parseSegments(text.slice(name.length))];
}

/** Reads a path below some value, such as `a.b[0]` or `[0].a`; undefined where it is none. */
export function parseSubpath(text: string): (string | number)[] | undefined {
  const segments = text.startsWith('[') ? text : `.${text}`;
  return SEGMENTS.test(segments) ? parseSegments(segments) : undefined;
}

function parseSegments(text: string): (string | number)[] {
  return Array.from(text.matchAll(SEGMENT), ([, field, position]) => field ?? Number(position));
}

/** The path as a person writes it. */
export function formatPath(path: readonly (string | number)[]): string {
  return path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${segment}]`;
      return index === 0 ? segment : `.${segment}`;
    })
    .join('');
}

/**
 * The value at a path. Only a value's own fields count, so `constructor` and its like are not
 * there.
 *
 * @throws SignalboxError `template.undefined` naming the path and what is there instead.
 */
export function readPath(path: Path, scope: Scope): Json {
  const [name] = path;
  let value = scope.get(name);
  if (value === undefined) throw missing(path, `"${name}" has no value here`);
  for (let index = 1; index < path.length; index++) {
    const next = member(value, path[index]);
    if (next === undefined) {
      throw missing(path, `"${formatPath(path.slice(0, index))}" ${describe(value)}`);
    }
    value = next;
  }
  return value;
}

function member(value: Json, segment: string | number | undefined): Json | undefined {
  if (typeof value !== 'object' || value === null || segment === undefined) return undefined;
  if (isList(value)) return typeof segment === 'number' ? value[segment] : undefined;
  return Object.hasOwn(value, segment) ? value[segment] : undefined;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function describe(value: Json): string {
  if (value === null) return 'is null';
  if (typeof value !== 'object') return `is a ${typeof value === 'string' ? 'text' : typeof value}`;
  if (isList(value)) return `is a list of ${value.length}`;
  const names = Object.keys(value);
  if (names.length === 0) return 'is an empty object';
  const shown = names.slice(0, NAMES_SHOWN_MAX).map(showName).join(', ');
  const more = names.length - NAMES_SHOWN_MAX;
  return more > 0 ? `has only ${shown} and ${more} more` : `has only ${shown}`;
}

/** Field names come from anybody: they are cut and made harmless before they meet a terminal. */
function showName(name: string): string {
  const cut = name.length > NAME_LENGTH_SHOWN_MAX;
  return `"${escapeText(cut ? `${name.slice(0, NAME_LENGTH_SHOWN_MAX)}…` : name)}"`;
}

function missing(path: Path, reason: string): SignalboxError {
  const text = formatPath(path);
  const remedy = 'Send it with the event, or give a default, as in ${{ get(payload, "a.b", "") }}.';
  const message = `{${text}} has no value: ${reason}. ${remedy}`;
  return new SignalboxError('template.undefined', message, { details: { path: text } });
}
