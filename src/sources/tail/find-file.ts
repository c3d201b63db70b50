import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OpenFile } from './open-file.ts';
import { fileOf, type Position } from './position.ts';
import { nextInAge, siblingsOf } from './rotation.ts';

/**
 * The file that was read up to a position, opened there: under the log's name, else where it was
 * rotated to. Else the log is another one now, and opened at its beginning; undefined where there
 * is none.
 */
export async function findFile(path: string, position: Position): Promise<OpenFile | undefined> {
  const current = await OpenFile.open(path);
  if (current?.file === position.file && (await current.holds(position))) {
    current.goOn(position);
    return current;
  }
  const found = await findBeside(path, position, { except: undefined });
  if (found?.file === position.file || current === undefined) return used(found, current);
  if (position.offset > 0 && (await current.holds(position))) {
    current.goOn(position);
    return used(current, found);
  }
  return found === undefined ? current : used(found, current);
}

/**
 * A file beside the log that holds all that was read, opened behind it: the same file by preference,
 * else a copy of it.
 */
export async function findBeside(
  path: string,
  position: Position,
  { except }: { readonly except: string | undefined },
): Promise<OpenFile | undefined> {
  const siblings = (await siblingsOf(path)).filter(({ file }) => file !== except);
  const same = siblings.find(({ file }) => file === position.file);
  const found = same && (await OpenFile.open(same.path));
  if (found !== undefined && (await found.holds(position))) {
    found.goOn(position);
    return found;
  }
  await found?.close();
  for (const { path: sibling } of siblings.toReversed()) {
    const copy = await OpenFile.openAt(sibling, position);
    if (copy !== undefined) return copy;
  }
  return undefined;
}

/** The file that came after one, as far as names tell: else the log itself. */
export async function pathAfter(path: string, file: string): Promise<string> {
  const siblings = await siblingsOf(path);
  const own = siblings.find((each) => each.file === file);
  if (own === undefined) return path;
  const names = siblings.map((each) => basename(each.path));
  const next = nextInAge(names, basename(own.path), basename(path));
  return next === undefined ? path : join(dirname(path), next);
}

/** Whether a file is one of those into which the log was rotated. */
export async function isBeside(path: string, file: string): Promise<boolean> {
  return (await siblingsOf(path)).some((sibling) => sibling.file === file);
}

/** What bears the log's name; undefined where nothing does. */
export async function fileNamed(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats === undefined ? undefined : fileOf(stats);
}

async function used(
  file: OpenFile | undefined,
  other: OpenFile | undefined,
): Promise<OpenFile | undefined> {
  if (file === undefined) return other;
  await other?.close();
  return file;
}
