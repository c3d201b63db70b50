import { isWellFormed } from '../../events/event.ts';
import { SignalboxError } from '../../std/errors.ts';
import { JSON_DEPTH_MAX, type Json } from '../../std/json.ts';

/** A mapping as code writes it: what a file would hold, and keys without a value. */
export interface Document {
  readonly [key: string]: Written;
}

/** A value as code writes it. */
export type Written =
  | null
  | undefined
  | boolean
  | number
  | string
  | readonly Written[]
  | { readonly [key: string]: Written };

/**
 * A copy of what code has written, as a file holds it: keys without a value are left out.
 *
 * @throws SignalboxError `config.invalid` where no file can hold it, such as a function or a date,
 *   and names the place.
 */
export function asFile(value: unknown, place: string, depth = 0): Json {
  if (depth > JSON_DEPTH_MAX) throw unwritable(place, 'nests too deep, or holds itself');
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      if (isWellFormed(value)) return value;
      throw unwritable(place, 'holds half of a character');
    case 'number':
      if (Number.isFinite(value)) return value;
      throw unwritable(place, `is ${value}`);
    default:
      return value === null ? null : compound(value, place, depth);
  }
}

function compound(value: unknown, place: string, depth: number): Json {
  if (Array.isArray(value)) {
    return value.map((item, index) => asFile(item, `${place}[${index}]`, depth + 1));
  }
  if (!isPlain(value)) throw unwritable(place, 'is nothing that a file can hold');
  const entries = Object.entries(value).filter(([, held]) => held !== undefined);
  return Object.fromEntries(
    entries.map(([key, held]) => [key, asFile(held, `${place}.${key}`, depth + 1)]),
  );
}

/** Whether a value is an object as a literal makes it: of any class, the rest would be lost. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function unwritable(place: string, reason: string): SignalboxError {
  const remedy = 'Write texts, numbers, true, false, null, lists and plain objects.';
  return new SignalboxError('config.invalid', `${place} ${reason}. ${remedy}`);
}
