import { compileKey, type Key } from '../key.ts';
import { KEY_NAMES } from '../names.ts';
import type { Report } from './report.ts';

/** Compiles a key; undefined where none is written, and where it is wrong, which is reported. */
export function parseKey(text: string | undefined, at: number, report: Report): Key | undefined {
  if (text === undefined) return undefined;
  const compiled = compileKey(text, KEY_NAMES);
  if (compiled.kind === 'compiled') return compiled.value;
  for (const problem of compiled.problems) report({ at, ...problem });
  return undefined;
}
