import { SignalboxError } from '../std/errors.ts';
import type { Json } from '../std/json.ts';

/** How long a text may be that a template makes, in characters. */
export const RENDERED_LENGTH_MAX = 32 * 1024 * 1024;

/**
 * The values of a template's parts as one text: a list is joined by `, `, an object is JSON.
 *
 * @throws SignalboxError `template.too_large`.
 */
export function joinParts(parts: Iterable<Json>): string {
  let text = '';
  for (const part of parts) {
    text += asText(part);
    if (text.length > RENDERED_LENGTH_MAX) throw tooLarge();
  }
  return text;
}

function asText(value: Json): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every(isScalar)) return value.map(asText).join(', ');
  return JSON.stringify(value);
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function tooLarge(): SignalboxError {
  const remedy = 'Name the fields that it needs instead of the whole.';
  const message = `A template makes a text of over ${RENDERED_LENGTH_MAX} characters. ${remedy}`;
  return new SignalboxError('template.too_large', message);
}
