import { messageOf, SignalboxError } from './errors.ts';

/** A value that JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** How deep JSON from outside may nest; JSON.parse itself would take 200,000 levels. */
export const JSON_DEPTH_MAX = 64;

/**
 * Parses JSON that came from outside.
 *
 * Counts the nesting before parsing, so that nothing recursive ever meets a hostile depth.
 *
 * @throws SignalboxError `json.invalid` with what is wrong, or `json.too_deep` with the position.
 */
export function parseJson(text: string): Json {
  if (mayNestTooDeep(text)) assertDepth(text);
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new SignalboxError('json.invalid', `This is not JSON: ${messageOf(cause)}.`, { cause });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether there are brackets enough: nearly no text has, and to count them costs next to nothing.
 */
function mayNestTooDeep(text: string): boolean {
  let brackets = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++brackets > JSON_DEPTH_MAX) return true;
    }
  }
  return false;
}

function assertDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString && code === BACKSLASH) i++;
    else if (code === QUOTE) inString = !inString;
    else if (!inString) depth += depthChange(code);
    if (depth > JSON_DEPTH_MAX) throw tooDeep(i);
  }
}

/** Square brackets and braces differ by one bit, which the mask takes away. */
function depthChange(code: number): number {
  const bracket = code & ~0x20;
  return Number(bracket === 0x5b) - Number(bracket === 0x5d);
}

function tooDeep(position: number): SignalboxError {
  const where = `${JSON_DEPTH_MAX} levels at character ${position}`;
  const message = `This JSON nests deeper than ${where}; flatten it.`;
  return new SignalboxError('json.too_deep', message, { details: { position } });
}

/** Whether a value is a JSON object: neither null nor a list. */
export function isObject(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
