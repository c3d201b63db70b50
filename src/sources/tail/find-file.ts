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
  const current = await openSame(path, position);
  if (current !== undefined) return current;
  const siblings = await siblingsOf(path);
  const moved = siblings.find(({ file }) => file === position.file);
  return (
    (moved && (await openSame(moved.path, position))) ??
    (await OpenFile.openAt(path, position)) ??
    (await findBeside(path, position, { except: position.file })) ??
    OpenFile.open(path)
  );
}

/** The file of this name behind a position, where it is the one that was read. */
async function openSame(path: string, position: Position): Promise<OpenFile | undefined> {
  const file = await OpenFile.open(path);
  if (file === undefined) return undefined;
  if (file.file === position.file && (await file.holds(position))) {
    file.goOn(position);
    return file;
  }
  await file.close();
  return undefined;
}

/** A copy of what was read, opened behind it, beside the log: the newest by preference. */
export async function findBeside(
  path: string,
  position: Position,
  { except }: { readonly except: string },
): Promise<OpenFile | undefined> {
  const siblings = (await siblingsOf(path)).filter(({ file }) => file !== except);
  for (const sibling of siblings.toReversed()) {
    const copy = await OpenFile.openAt(sibling.path, position);
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
