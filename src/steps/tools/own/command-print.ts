import { isObject, type Json, parseJson } from '../../../std/json.ts';

/** How many characters are looked at in all: what begins with many braces is looked at often. */
const LOOKED_MAX = 33_554_432;
/** Where that was not enough: how many lines from the end are looked at. */
const LINES_MAX = 1_000;

/** A JSON object among what a tool printed. */
export interface PrintedObject {
  readonly value: Json;
  /** As it was printed. */
  readonly text: string;
  /** What stands before and after it. */
  readonly log: string;
}

/**
 * The last JSON object that a tool printed, on lines of its own: what stands around it is its log.
 * Undefined where there is none.
 */
export function lastObject(print: string): PrintedObject | undefined {
  let last: PrintedObject | undefined;
  let looked = 0;
  const line = /(?<=^|\n)[^\S\n]*\{/g;
  for (let found = line.exec(print); found !== null; found = line.exec(print)) {
    const start = line.lastIndex - 1;
    const end = endOf(print, start);
    looked += Math.abs(end) - start;
    if (looked > LOOKED_MAX) return closingObject(print) ?? last;
    if (end < 0 || !isLineOver(print, end)) continue;
    const text = print.slice(start, end);
    const value = objectIn(text);
    if (value === undefined) continue;
    last = { value, text, log: print.slice(0, start) + print.slice(end).trimStart() };
    line.lastIndex = end;
  }
  return last;
}

/** The object with which a print ends. */
function closingObject(print: string): PrintedObject | undefined {
  const whole = print.trimEnd();
  let from = whole.length;
  for (let lines = 0; lines < LINES_MAX && from > 0; lines++) {
    from = whole.lastIndexOf('\n', from - 1);
    const text = whole.slice(from + 1).trimStart();
    const value = text.startsWith('{') ? objectIn(text) : undefined;
    if (value !== undefined) return { value, text, log: whole.slice(0, from + 1) };
  }
  return undefined;
}

/**
 * Where the braces of what begins at `start` are closed. Below zero where they are not: how far was
 * looked. No text of JSON goes over a line.
 */
function endOf(print: string, start: number): number {
  let depth = 0;
  let isText = false;
  for (let at = start; at < print.length; at++) {
    const char = print[at];
    if (isText) {
      if (char === '\n') return -at;
      if (char === '\\') at++;
      else if (char === '"') isText = false;
    } else if (char === '"') isText = true;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return at + 1;
  }
  return -print.length;
}

function isLineOver(print: string, from: number): boolean {
  const end = print.indexOf('\n', from);
  return print.slice(from, end === -1 ? undefined : end).trim() === '';
}

function objectIn(text: string): Json | undefined {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
