import { SignalboxError } from './errors.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** How deep JSON from outside may nest; JSON.parse itself would take 200,000 levels. */
export const JSON_DEPTH_MAX = 64;

/**
 * Parses JSON that came from outside.
 *
 * Counts the nesting before parsing, so that nothing recursive ever meets a hostile depth.
 * @throws SignalboxError `json.invalid` with the position, or `json.too_deep`.
 */
export function parseJson(text: string): Json {
  assertDepth(text);
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new SignalboxError('json.invalid', `This is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

function assertDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > JSON_DEPTH_MAX) {
        const message = `This JSON nests deeper than ${JSON_DEPTH_MAX} levels at character ${i}; flatten it.`;
        throw new SignalboxError('json.too_deep', message);
      }
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
}

export function isObject(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
