/**
 * Characters that do something to a terminal, or to the reader's eye, instead of showing: C0 and C1
 * controls, DEL, line and paragraph separators, and the marks that reorder text.
 */
// oxlint-disable-next-line no-control-regex -- control characters are exactly what is replaced
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text on one line, with every unsafe character made visible. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (char) => SHORT[char] ?? escapeUnit(char));
}

/** The text with halves of surrogate pairs replaced: no UTF-8 holds one. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\ufffd');
}

/** JSON on one line, still the same JSON, in which no character does anything to a terminal. */
export function toJsonLine(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, escapeUnit);
}

function escapeUnit(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
