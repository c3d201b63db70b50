import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { SignalboxError } from '../../std/errors.ts';
import {
  type Confinement,
  type Folder,
  look,
  refused,
  reopen,
  syncFolder,
  type Way,
} from './confinement.ts';

/** Bytes of text that a step reads in all, and that each file which it writes may have. */
export const TEXT_BYTES_MAX = 1_048_576;

const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
const PART_DIGITS = 24;
/** What of a file's mode is kept when its text is replaced. */
const PERMISSIONS = 0o777;

/**
 * The text of a file of at most `bytesMax` bytes.
 *
 * @throws SignalboxError `tool.path_refused`, `tool.no_text`, `tool.too_large`, or the system's.
 */
export async function readText(inside: Confinement, way: Way, bytesMax: number): Promise<string> {
  return inParent(inside, way, { make: false }, async (folder, name) => {
    const found = await look(folder, name);
    if (found === undefined) throw notFound(way.path);
    return holding(found, async () => {
      assertSingle(way.path, await plainFile(way.path, found));
      return decoded(way.path, await bytesOf(found, way.path, bytesMax));
    });
  });
}

/** Whether and how a text came into its file. */
export interface WrittenText {
  readonly bytes: number;
  /** Whether the file held another text before, or was not there. */
  readonly changed: boolean;
}

/**
 * Puts a text into a file, whole: whoever reads it meanwhile, and after any crash, finds the old
 * text or the new one, and once this resolves, the new one. A file that holds it already is left
 * alone, so that nobody who watches it hears of a change.
 *
 * `key` names what a crash leaves behind, so that the next attempt takes it away.
 */
export async function replaceText(
  inside: Confinement,
  way: Way,
  { text, key }: { readonly text: string; readonly key: string },
): Promise<WrittenText> {
  const bytes = encoded(way.path, text);
  return inParent(inside, way, { make: true }, async (folder, name) => {
    const mode = await look(folder, name).then((found) =>
      found === undefined ? NEW : holding(found, () => modeBefore(way.path, found, bytes)),
    );
    if (mode !== SAME) {
      const part = folder.at(partName(key, name));
      await putInPlace(part, folder.at(name), (path) => writeNew(path, bytes, mode));
    }
    // Also of what was there: an attempt that has died may have left its name unsynced.
    await syncFolder(folder);
    return { bytes: bytes.length, changed: mode !== SAME };
  });
}

async function putInPlace(
  part: string,
  place: string,
  make: (path: string) => Promise<void>,
): Promise<void> {
  await removed(part);
  try {
    await make(part);
    await rename(part, place);
  } catch (error) {
    await removed(part).catch(() => {});
    throw error;
  }
}

/** Adds a text to the end of a file, which is made where it is missing. */
export async function appendText(inside: Confinement, way: Way, text: string): Promise<number> {
  const bytes = encoded(way.path, text);
  return inParent(inside, way, { make: true }, async (folder, name) => {
    const found = await look(folder, name);
    const file =
      found === undefined
        ? await open(folder.at(name), CREATE | constants.O_APPEND)
        : await holding(found, async () => {
            assertSingle(way.path, await plainFile(way.path, found));
            return reopen(found, constants.O_WRONLY | constants.O_APPEND);
          });
    await holding(file, async () => {
      await file.writeFile(bytes);
      await file.sync();
    });
    if (found === undefined) await syncFolder(folder);
    return bytes.length;
  });
}

/** Of an attempt, the same for the next one: two attempts at a step are never under way at once. */
function partName(key: string, name: string): string {
  const digest = createHash('sha256').update(`${key}\n${name}`).digest('hex');
  return `.signalbox-${digest.slice(0, PART_DIGITS)}.tmp`;
}

/** Files that were not there, and files that hold the text already. */
const NEW = -1;
const SAME = -2;

/** The permissions of the file whose text is replaced, or that it need not be. */
async function modeBefore(path: string, found: FileHandle, bytes: Buffer): Promise<number> {
  const stats = await plainFile(path, found);
  const mode = Number(stats.mode) & PERMISSIONS;
  if (Number(stats.size) !== bytes.length || stats.nlink !== 1n) return mode;
  const same = await bytesOf(found, path, bytes.length).then(
    (held) => held.equals(bytes),
    () => false,
  );
  return same ? SAME : mode;
}

async function writeNew(path: string, bytes: Buffer, mode: number): Promise<void> {
  const file = await open(path, CREATE, mode === NEW ? 0o666 : 0o600);
  await holding(file, async () => {
    await file.writeFile(bytes);
    if (mode !== NEW) await file.chmod(mode);
    await file.sync();
  });
}

async function removed(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Reads of what was looked at, and never more than it may have. */
async function bytesOf(found: FileHandle, path: string, bytesMax: number): Promise<Buffer> {
  const file = await reopen(found, constants.O_RDONLY | constants.O_NONBLOCK);
  return holding(file, async () => {
    const room = Math.min((await file.stat()).size, bytesMax) + 1;
    const buffer = Buffer.alloc(room);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, room - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > bytesMax) throw tooLarge(path, bytesMax);
    return buffer.subarray(0, length);
  });
}

async function plainFile(path: string, found: FileHandle): Promise<BigIntStats> {
  const stats = await found.stat({ bigint: true });
  if (stats.isFile()) return stats;
  if (stats.isSymbolicLink()) throw refused(path, 'it has just become a link');
  throw refused(path, stats.isDirectory() ? 'it is a folder' : 'it is no plain file');
}

/** A file of several names may have one outside of the project. */
function assertSingle(path: string, { nlink }: BigIntStats): void {
  if (nlink === 1n) return;
  const reason = `it has ${nlink} names (hard links), and one may be outside; make a copy`;
  throw refused(path, reason);
}

function encoded(path: string, text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > TEXT_BYTES_MAX) throw tooLarge(path, TEXT_BYTES_MAX);
  return bytes;
}

function decoded(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const message = `"${path}" is no text: its bytes are no UTF-8. Read it with a "run" step.`;
    throw new SignalboxError('tool.no_text', message, { cause });
  }
}

function tooLarge(path: string, bytesMax: number): SignalboxError {
  const message = `With "${path}" it is over ${bytesMax} bytes. Use a "run" step, or split it.`;
  return new SignalboxError('tool.too_large', message);
}

function notFound(path: string): SignalboxError {
  return new SignalboxError('tool.not_found', `There is no "${path}". Correct its path.`);
}

interface ParentOptions {
  readonly make: boolean;
}

async function inParent<T>(
  inside: Confinement,
  { path, names }: Way,
  { make }: ParentOptions,
  work: (folder: Folder, name: string) => Promise<T>,
): Promise<T> {
  const name = names.at(-1);
  if (name === undefined) throw refused(path, 'it is the folder of the project');
  const folder = await inside.enter(names.slice(0, -1), make);
  try {
    return await work(folder, name);
  } finally {
    await folder.close();
  }
}

async function holding<T>(handle: FileHandle, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await handle.close();
  }
}
