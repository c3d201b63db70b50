import { isObject, type Json, parseJson } from '../../../std/json.ts';

/** How many lines from the end are looked at for the beginning of the last object. */
const LINES_MAX = 1_000;

/**
 * The last JSON object that a tool printed, on lines of its own: what stands before it is its log.
 * Undefined where there is none.
 */
export function lastObject(print: string): Json | undefined {
  const text = print.trimEnd();
  if (!text.endsWith('}')) return undefined;
  let from = text.length;
  for (let lines = 0; lines < LINES_MAX && from > 0; lines++) {
    from = text.lastIndexOf('\n', from - 1);
    const candidate = text.slice(from + 1);
    const object = candidate.trimStart().startsWith('{') ? objectIn(candidate) : undefined;
    if (object !== undefined) return object;
    if (from === -1) return undefined;
  }
  return undefined;
}

function objectIn(text: string): Json | undefined {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
