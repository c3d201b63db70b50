import { constants } from 'node:fs';
import { access, type FileHandle, lstat, mkdir, open, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { SignalboxError } from '../../std/errors.ts';
import { shown } from '../written-value.ts';

/** Where the system shows what this process holds open: each the thing itself, not its name. */
const DESCRIPTORS = '/proc/self/fd';
/** Opens a thing only to look at it: nothing is read, run or waited for. Linux. */
const O_PATH = 0o10000000;
const LOOK = O_PATH | constants.O_NOFOLLOW;
const ENTER = LOOK | constants.O_DIRECTORY;

/** A folder that paths lead no way out of. */
export interface ConfinementOptions {
  readonly root: string;
  /** What inside is closed all the same. */
  readonly closed: ClosedFolders;
}

/** Folders that no path leads into, by whatever name they go: what they are is kept once seen. */
export class ClosedFolders {
  readonly #paths: readonly string[];
  readonly #seen = new Set<string>();

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  async holds(path: string): Promise<boolean> {
    for (const each of this.#paths) {
      const closed = await realpath(each).catch(() => resolve(each));
      if (!isOutside(relative(closed, path))) return true;
    }
    return false;
  }

  /** Whether an open folder is one of them. */
  async are(folder: FileHandle): Promise<boolean> {
    const { dev, ino } = await folder.stat({ bigint: true });
    return this.#seen.has(`${dev}:${ino}`);
  }

  /** Looks at what bears their names now. To be called before paths are followed. */
  async see(): Promise<void> {
    for (const path of this.#paths) {
      const found = await lstat(path, { bigint: true }).catch(() => undefined);
      if (found?.isDirectory() === true) this.#seen.add(`${found.dev}:${found.ino}`);
    }
  }
}

/** Where a path leads inside the root: the folders on the way, and the last name. */
export interface Way {
  /** The path from the root, links resolved; `.` for the root itself. */
  readonly path: string;
  readonly names: readonly string[];
}

/** A folder that is held open, so that what happens to its name means nothing. */
export interface Folder {
  /** The path of a name in it; the name itself may be a link. */
  at(name: string): string;
  readonly path: string;
  close(): Promise<void>;
}

/**
 * Finds files inside a folder, and nothing outside of it, whatever is renamed or linked meanwhile.
 *
 * A path is resolved first, so that links within the root work. Then it is walked from the root,
 * folder by folder, each opened in the one before, and no link is followed any more: a name that
 * has become one since is refused.
 */
export class Confinement {
  readonly #root: string;
  readonly #closed: ClosedFolders;

  constructor({ root, closed }: ConfinementOptions) {
    this.#root = root;
    this.#closed = closed;
  }

  /** @throws SignalboxError `tool.path_refused` where the path leads out, or to what is closed. */
  async resolve(path: string): Promise<Way> {
    if (path.includes('\0')) throw refused(path, 'it holds a NUL character');
    const written = relative(this.#root, resolve(this.#root, path));
    if (isOutside(written)) throw refused(path, 'it leads out of the project');
    const root = await realpath(this.#root);
    const real = relative(root, await realOf(join(root, written)));
    if (isOutside(real)) throw refused(path, 'a link on it leads out of the project');
    const names = real === '' ? [] : real.split(sep);
    for (const name of [...written.split(sep), ...names]) {
      if (name.toLowerCase() === '.git') throw refused(path, '".git" is for git alone');
    }
    if (await this.#closed.holds(join(root, real))) throw refused(path, CLOSED);
    return { path: real === '' ? '.' : real, names };
  }

  /**
   * Opens the folder at the end of these names; makes those that are missing where `make` is set.
   *
   * @throws SignalboxError `tool.path_refused`, `tool.unavailable`, or the system's error.
   */
  async enter(names: readonly string[], make = false): Promise<Folder> {
    await assertAvailable();
    await this.#closed.see();
    let handle = await open(this.#root, O_PATH | constants.O_DIRECTORY);
    for (const [index, name] of names.entries()) {
      const path = names.slice(0, index + 1).join(sep);
      try {
        const next = await step(handle, name, make);
        await handle.close();
        handle = next;
        if (await this.#closed.are(handle)) throw refused(path, CLOSED);
      } catch (error) {
        await handle.close();
        throw codeOf(error) === 'ENOTDIR' ? refused(path, NO_FOLDER) : error;
      }
    }
    return folderOf(handle);
  }
}

const CLOSED = 'the data of Signalbox is closed to tools';
const NO_FOLDER = 'a name on it is no folder, or has just become a link';

/** What a name in a folder is, held open without reading from it; undefined where there is none. */
export async function look(folder: Folder, name: string): Promise<FileHandle | undefined> {
  try {
    return await open(folder.at(name), LOOK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Opens the very thing that was looked at. */
export function reopen({ fd }: FileHandle, flags: number): Promise<FileHandle> {
  return open(`${DESCRIPTORS}/${fd}`, flags);
}

/** Has the names that a folder holds outlast a power cut. */
export async function syncFolder({ path }: Folder): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The error of a path that is not followed. */
export function refused(path: string, reason: string): SignalboxError {
  return new SignalboxError('tool.path_refused', `"${shown(path)}" is refused: ${reason}.`);
}

/** The system's code of an error; empty where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function folderOf(handle: FileHandle): Folder {
  const path = `${DESCRIPTORS}/${handle.fd}`;
  return { path, at: (name) => `${path}/${name}`, close: () => handle.close() };
}

async function step(from: FileHandle, name: string, make: boolean): Promise<FileHandle> {
  const path = folderOf(from).at(name);
  try {
    return await open(path, ENTER);
  } catch (error) {
    if (!make || codeOf(error) !== 'ENOENT') throw error;
  }
  await mkdir(path).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
  await syncFolder(folderOf(from));
  return open(path, ENTER);
}

/** The path with all links resolved, as far as it is there. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
  }
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink() === true) throw refused(path, 'it is a link to what is not there');
  return join(await realOf(dirname(path)), path.slice(dirname(path).length));
}

/** Whether a relative path leads out of the folder that it is relative to. */
export function isOutside(way: string): boolean {
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
}

async function assertAvailable(): Promise<void> {
  try {
    await access(DESCRIPTORS);
  } catch (cause) {
    const reason = `The tool "filesystem" needs ${DESCRIPTORS}, which this system does not have`;
    const message = `${reason}. Use a "run" step, or run Signalbox on Linux.`;
    throw new SignalboxError('tool.unavailable', message, { cause });
  }
}
