import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileOf } from './position.ts';

/** A file beside the log that may be what the log was. */
export interface Sibling {
  readonly path: string;
  readonly file: string;
}

/** How many files beside a log are looked at. */
const SIBLINGS_MAX = 1_000;
const COMPRESSED = /\.(?:gz|xz|bz2|zst|zip|Z)$/;

/**
 * The files into which a log may have been rotated, such as `event.log.1` or `event.log-20260101`:
 * the oldest first, as far as their names say it.
 */
export async function siblingsOf(path: string): Promise<Sibling[]> {
  const base = basename(path);
  const found: Sibling[] = [];
  for (const name of olderFirst(await namesIn(dirname(path)), base).slice(-SIBLINGS_MAX)) {
    const sibling = join(dirname(path), name);
    const stats = await stat(sibling, { bigint: true }).catch(() => undefined);
    if (stats?.isFile() === true) found.push({ path: sibling, file: fileOf(stats) });
  }
  return found;
}

/** The names of a log's rotated files, the oldest first; those that say no age come first. */
export function olderFirst(names: readonly string[], base: string): string[] {
  return names
    .filter((name) => isRotated(name, base) && !COMPRESSED.test(name))
    .toSorted((a, b) => compareAges(ageOf(a, base), ageOf(b, base)));
}

/** The name of the file that followed one; undefined where that was the log, or no name says it. */
export function nextInAge(
  names: readonly string[],
  name: string,
  base: string,
): string | undefined {
  const { rank } = ageOf(name, base);
  const alike = olderFirst(names, base).filter((each) => ageOf(each, base).rank === rank);
  return rank === 0 ? undefined : alike[alike.indexOf(name) + 1];
}

interface Age {
  /** 0: it says none; 1: a date; 2: how often it was rotated. */
  readonly rank: 0 | 1 | 2;
  readonly times: number;
  readonly text: string;
}

function isRotated(name: string, base: string): boolean {
  return name.startsWith(base) && /^[.-]./.test(name.slice(base.length));
}

function ageOf(name: string, base: string): Age {
  const text = name.slice(base.length);
  if (/^\.\d{1,6}$/.test(text)) return { rank: 2, times: Number(text.slice(1)), text };
  return { rank: /^[.-]\d{4}-?\d\d-?\d\d/.test(text) ? 1 : 0, times: 0, text };
}

function compareAges(a: Age, b: Age): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  if (a.times !== b.times) return b.times - a.times;
  if (a.text === b.text) return 0;
  return a.text < b.text ? -1 : 1;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
