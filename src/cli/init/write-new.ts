import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, SignalboxError } from '../../std/errors.ts';
import type { NewFile } from './template.ts';

/**
 * Writes files that are not there yet, all of them or none, and gives those that it wrote. Folders
 * are made where they miss.
 *
 * @throws SignalboxError `init.exists` where one is there already, and `init.unwritable`. Then
 *   nothing has changed.
 */
export function writeNew(folder: string, files: readonly NewFile[]): readonly NewFile[] {
  assertFolders(folder, files);
  const there = files.filter(({ path }) => isThere(join(folder, path)));
  const inTheWay = there.filter(({ mayBeThere = false }) => !mayBeThere);
  if (inTheWay.length > 0) throw alreadyThere(inTheWay.map(({ path }) => path));
  const missing = files.filter((file) => !there.includes(file));
  const made: (() => void)[] = [];
  try {
    for (const file of missing) write(join(folder, file.path), file, made);
    return missing;
  } catch (error) {
    for (const undo of made.toReversed()) undo();
    throw unwritable(folder, error);
  }
}

function write(path: string, { text, isPrivate = false }: NewFile, made: (() => void)[]): void {
  const parent = dirname(path);
  if (!existsSync(parent)) {
    mkdirSync(parent, { mode: isPrivate ? 0o700 : 0o777 });
    made.push(() => rmdirSync(parent));
  }
  // Fails where it has come meanwhile, also as a link that leads elsewhere.
  const file = openSync(path, 'wx', isPrivate ? 0o600 : 0o666);
  made.push(() => rmSync(path, { force: true }));
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}

/** Where a file stands in the place of a folder, nothing is begun. */
function assertFolders(folder: string, files: readonly NewFile[]): void {
  for (const parent of [folder, ...files.map(({ path }) => dirname(join(folder, path)))]) {
    const stats = statSync(parent, { throwIfNoEntry: false });
    if (stats?.isDirectory() ?? parent !== folder) continue;
    throw unwritable(folder, new Error(`${parent} is no folder`));
  }
}

/** Also a link to nothing is there. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function alreadyThere(paths: readonly string[]): SignalboxError {
  const [verb, them] = paths.length === 1 ? ['is', 'it'] : ['are', 'them'];
  const remedy = `Move ${them} away, or go to another folder`;
  const message = `${paths.join(', ')} ${verb} there already. ${remedy}; nothing was written.`;
  return new SignalboxError('init.exists', message);
}

function unwritable(folder: string, cause: unknown): SignalboxError {
  const remedy = 'Choose a folder that you may write to; nothing was written.';
  const message = `${folder} cannot be written to: ${messageOf(cause)}. ${remedy}`;
  return new SignalboxError('init.unwritable', message, { cause });
}
