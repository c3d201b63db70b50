import { suggestion } from '../../std/diagnostics.ts';
import type { Report } from './report.ts';
import type { YamlMapping } from './yaml-node.ts';

/** Which keys a mapping may have. */
export interface KeySet {
  /** What the mapping is, as in `in a flow`. */
  readonly what: string;
  readonly known: readonly string[];
  /** Keys that SURFACE promises and that a later version brings. */
  readonly later?: ReadonlySet<string>;
  /** Why some key belongs elsewhere, as the end of a sentence; undefined where it does not. */
  readonly elsewhere?: (key: string) => string | undefined;
}

/** Reports every key that a mapping may not have. */
export function checkKeys(mapping: YamlMapping, keys: KeySet, report: Report): void {
  for (const [key, { at }] of mapping.entries) {
    if (!keys.known.includes(key)) report({ at, ...refusal(key, keys) });
  }
}

function refusal(
  key: string,
  { what, known, later, elsewhere }: KeySet,
): { code: string; message: string } {
  if (later?.has(key)) {
    const message = `"${key}" is not supported by this version; remove it`;
    return { code: 'config.not_supported', message };
  }
  const place = elsewhere?.(key);
  const tail =
    place === undefined
      ? suggestion(key, known) || `; known are ${known.join(', ')}`
      : `; ${place}`;
  return { code: 'config.unknown_key', message: `unknown key "${key}" in ${what}${tail}` };
}
