/**
 * Cuts values out of a JSON text without writing them anew: what was received is kept byte for
 * byte, so no number loses digits and nothing large is serialised twice.
 *
 * The functions here take texts that `parseJson` has accepted; of others they promise nothing.
 */

/** The text of an object's member; of members with one name the last, as `JSON.parse` has it. */
export function memberText(object: string, name: string): string | undefined {
  const range = memberRange(object, object.indexOf('{'), name);
  return range && object.slice(...range);
}

/** Where a value stands in a text: its first index, and the one behind its last. */
type Range = readonly [start: number, end: number];

/** The text of the value at a path of names and positions; undefined where there is none. */
export function valueTextAt(
  document: string,
  path: readonly (string | number)[],
): string | undefined {
  const range = rangeAt(document, path);
  return range && document.slice(...range);
}

/** The document with another text in place of the value at a path; itself where there is none. */
export function replaceAt(
  document: string,
  path: readonly (string | number)[],
  by: string,
): string {
  const range = rangeAt(document, path);
  if (range === undefined) return document;
  return `${document.slice(0, range[0])}${by}${document.slice(range[1])}`;
}

function rangeAt(document: string, path: readonly (string | number)[]): Range | undefined {
  const start = skipSpace(document, 0);
  let range: Range | undefined = [start, endOfValue(document, start)];
  for (const segment of path) {
    if (range === undefined) return undefined;
    const [at] = range;
    const opening = document.charCodeAt(at);
    if (opening === BRACE_OPEN) range = memberRange(document, at, String(segment));
    else if (opening === BRACKET_OPEN) range = itemRange(document, at, Number(segment));
    else return undefined;
  }
  return range;
}

function memberRange(text: string, start: number, name: string): Range | undefined {
  let found: Range | undefined;
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const nameEnd = endOfString(text, at);
    const first = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, first);
    if (isName(text.slice(at, nameEnd), name)) found = [first, end];
    at = skipSeparator(text, end);
  }
  return found;
}

function itemRange(text: string, start: number, index: number): Range | undefined {
  let at = skipSpace(text, start + 1);
  for (let i = 0; at < text.length && text.charCodeAt(at) !== BRACKET_CLOSE; i++) {
    const end = endOfValue(text, at);
    if (i === index) return [at, end];
    at = skipSeparator(text, end);
  }
  return undefined;
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
