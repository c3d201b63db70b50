import { hash } from 'node:crypto';
import type { Json } from './json.ts';

/**
 * The one text that a value has under RFC 8785 (JSON Canonicalization Scheme): members in the
 * order of their names' UTF-16 code units, no blanks, numbers and texts as ECMAScript writes them.
 *
 * What the RFC refuses is written as ECMAScript does: half a surrogate pair as its escape, and a
 * number that is too large (`1e999`) as `null`, which is also what a step is given for it.
 */
export function canonicalJson(value: Json): string {
  if (isList(value)) return `[${value.map(canonicalJson).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, held]) => held !== undefined);
  // By code unit, as the comparison of texts is in ECMAScript.
  const sorted = members.toSorted(([one], [other]) => (one < other ? -1 : 1));
  const texts = sorted.map(([name, held]) => `${JSON.stringify(name)}:${canonicalJson(held)}`);
  return `{${texts.join()}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** SHA-256, in lower-case hexadecimal; of a text in UTF-8. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data);
}
