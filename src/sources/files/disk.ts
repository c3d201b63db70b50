import { createHash } from 'node:crypto';
import { constants, lstatSync, watch } from 'node:fs';
import { type FileHandle, open, readdir, readlink, realpath } from 'node:fs/promises';

/** What the watching of files asks of the disk: a port, so that a test can let a place fail. */
export interface Disk {
  /** What stands in a folder. Rejects where it cannot be read. */
  list(path: string): Promise<readonly DiskEntry[]>;
  /** What stands at a path, links not followed; undefined where nothing does. May throw. */
  look(path: string): DiskStat | undefined;
  /** A hash of a file's content; empty where it cannot be read, or is not the file looked at. */
  hashFile(path: string, ino: number): Promise<string>;
  /** A hash of where a link leads to; empty where it cannot be read. */
  hashLink(path: string): Promise<string>;
  /** The text of a small file; undefined where it cannot be read, is too long, or is a link. */
  readText(path: string, bytesMax: number): Promise<string | undefined>;
  /** Where a path leads to once all links are followed. Rejects where that is nowhere. */
  realPath(path: string): Promise<string>;
  /** Hears of changes in one folder, not below it. Throws where no more can be watched. */
  watch(path: string, hear: HearHint): DiskWatch;
}

export interface DiskEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

export interface DiskStat {
  readonly kind: DiskEntry['kind'];
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
}

/** A change of this name; of the folder somewhere where the system names none. */
export type HearHint = (name: string | undefined, what: 'rename' | 'change') => void;

export interface DiskWatch {
  close(): void;
}

/** The machine's disk. */
export const systemDisk: Disk = {
  list: listFolder,
  look: lookAt,
  hashFile,
  hashLink,
  readText,
  realPath: (path) => realpath(path),
  watch: watchFolder,
};

/** Whether an error says that nothing is there, or no folder. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
}

/** The system's name of an error, such as EACCES. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

/** Content up to this size is hashed; what is larger is told by its size and times alone. */
export const HASHED_BYTES_MAX = 16 * 1_048_576;
const CHUNK_BYTES = 65_536;
/** 96 bits of the hash: as text, 16 characters. */
const HASH_LENGTH = 16;
/** A pipe must not keep us waiting for who writes it; Windows knows neither flag. */
const READ_ITSELF = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

async function listFolder(path: string): Promise<DiskEntry[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
}

function lookAt(path: string): DiskStat | undefined {
  let stats: ReturnType<typeof lstatSync>;
  try {
    stats = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  if (stats === undefined) return undefined;
  const { size, mtimeMs, ctimeMs, ino } = stats;
  return { kind: kindOf(stats), size, mtimeMs, ctimeMs, ino };
}

/** What directory entries and stats have in common. */
interface Typed {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

function kindOf(typed: Typed): DiskEntry['kind'] {
  if (typed.isFile()) return 'file';
  if (typed.isDirectory()) return 'folder';
  return typed.isSymbolicLink() ? 'link' : 'other';
}

async function hashFile(path: string, ino: number): Promise<string> {
  return (await reading(path, (file) => hashContent(file, ino))) ?? '';
}

async function hashContent(file: FileHandle, ino: number): Promise<string> {
  const stats = await file.stat();
  if (!stats.isFile() || stats.ino !== ino || stats.size > HASHED_BYTES_MAX) return '';
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(stats.size + 1, CHUNK_BYTES));
  for (let read = 0; read <= HASHED_BYTES_MAX;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return shortened(hash.digest('base64url'));
    hash.update(buffer.subarray(0, bytesRead));
    read += bytesRead;
  }
  return '';
}

async function hashLink(path: string): Promise<string> {
  try {
    const target = await readlink(path, 'buffer');
    return shortened(createHash('sha256').update(target).digest('base64url'));
  } catch {
    return '';
  }
}

function shortened(hash: string): string {
  return hash.slice(0, HASH_LENGTH);
}

function readText(path: string, bytesMax: number): Promise<string | undefined> {
  return reading(path, async (file) => {
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > bytesMax) return undefined;
    return file.readFile('utf8');
  });
}

/** Opens the file itself, never what a link leads to; undefined where that fails. */
async function reading<T>(path: string, read: (file: FileHandle) => Promise<T>) {
  let file: FileHandle | undefined;
  try {
    file = await open(path, READ_ITSELF);
    return await read(file);
  } catch {
    return undefined;
  } finally {
    await file?.close().catch(() => {});
  }
}

function watchFolder(path: string, hear: HearHint): DiskWatch {
  const watcher = watch(path, { persistent: false }, (what, name) => {
    hear(name ?? undefined, what === 'rename' ? 'rename' : 'change');
  });
  // The folder is gone, which whoever watches the folder around it hears too.
  watcher.on('error', () => hear(undefined, 'rename'));
  return watcher;
}
