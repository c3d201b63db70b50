/**
 * Cuts values out of a JSON text without writing them anew: what was received is kept byte for
 * byte, so no number loses digits and nothing large is serialised twice.
 *
 * The functions here take texts that `parseJson` has accepted; of others they promise nothing.
 */

/** The text of an object's member; of members with one name the last, as `JSON.parse` has it. */
export function memberText(object: string, name: string): string | undefined {
  let found: string | undefined;
  let at = skipSpace(object, object.indexOf('{') + 1);
  while (object.charCodeAt(at) === QUOTE) {
    const nameEnd = endOfString(object, at);
    const start = skipSpace(object, skipSpace(object, nameEnd) + 1);
    const end = endOfValue(object, start);
    if (isName(object.slice(at, nameEnd), name)) found = object.slice(start, end);
    at = skipSeparator(object, end);
  }
  return found;
}

/** The texts of an array's items, in order. */
export function itemTexts(array: string): string[] {
  const items: string[] = [];
  let at = skipSpace(array, array.indexOf('[') + 1);
  while (at < array.length && array.charCodeAt(at) !== BRACKET_CLOSE) {
    const end = endOfValue(array, at);
    items.push(array.slice(at, end));
    at = skipSeparator(array, end);
  }
  return items;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

function isName(quoted: string, name: string): boolean {
  return quoted.includes('\\') ? JSON.parse(quoted) === name : quoted.slice(1, -1) === name;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function skipSeparator(text: string, start: number): number {
  const at = skipSpace(text, start);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** The index after the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) break;
  }
  return at + 1;
}

/** The index after the value that begins at `start`. */
function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return endOfString(text, start);
  if (first === BRACE_OPEN || first === BRACKET_OPEN) return endOfNested(text, start);
  let at = start;
  while (at < text.length && !endsScalar(text.charCodeAt(at))) at++;
  return at;
}

function endOfNested(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    if (code === BRACE_OPEN || code === BRACKET_OPEN) depth++;
    else if (code === BRACE_CLOSE || code === BRACKET_CLOSE) depth--;
    at++;
  } while (depth > 0 && at < text.length);
  return at;
}

function endsScalar(code: number): boolean {
  return code === COMMA || code === BRACE_CLOSE || code === BRACKET_CLOSE || isSpace(code);
}
