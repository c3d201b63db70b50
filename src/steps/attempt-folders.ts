import { constants } from 'node:fs';
import { lstat, mkdtemp, open, readdir, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../events/event.ts';

/** The private folder of one attempt of a step, which only its command and the daemon may enter. */
export interface AttemptFolder {
  readonly path: string;
  /** Holds the event as JSON. */
  readonly eventFile: string;
  /** Not there until the command writes it. */
  readonly outputFile: string;
  /** Where `emit_event` of a tool's command writes. Not there until it does. */
  readonly eventLog: string;
}

/** What a command left as its output: nothing, its bytes, or a file that is no output. */
export type WrittenOutput =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'too_large'; readonly bytes: number }
  | { readonly kind: 'no_file' };

/** Where the folders are made, and for whom. */
export interface AttemptFoldersOptions {
  /** As of the processes: what an earlier daemon of the same owner left behind is removed. */
  readonly owner: string;
  /** The system's own place for temporary files unless given. */
  readonly parent?: string;
}

/** Makes the folders of attempts and removes them. */
export class AttemptFolders {
  readonly #parent: string;
  readonly #prefix: string;

  constructor({ owner, parent = tmpdir() }: AttemptFoldersOptions) {
    this.#parent = parent;
    this.#prefix = `signalbox-${owner}-`;
  }

  /** @throws the system's error where there is no room, or no right to write. */
  async create(event: Event): Promise<AttemptFolder> {
    // Of mode 0700 and with an unpredictable name, so that nobody can have made it before.
    const path = await mkdtemp(join(this.#parent, this.#prefix));
    const folder = {
      path,
      eventFile: join(path, 'event.json'),
      outputFile: join(path, 'output.json'),
      eventLog: join(path, 'events.log'),
    };
    try {
      await writeFile(folder.eventFile, JSON.stringify(event), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      await this.remove(folder);
      throw error;
    }
    return folder;
  }

  /** Removes the folder with whatever the command put there. What cannot be removed stays. */
  async remove({ path, eventFile }: AttemptFolder): Promise<void> {
    try {
      await unlink(eventFile);
      await rmdir(path);
    } catch {
      // It holds more, or less, than usual.
      await rm(path, { recursive: true, force: true }).catch(() => {});
    }
  }

  /** Removes what earlier daemons of this owner had no time to remove. */
  async clear(): Promise<void> {
    for (const name of await readdir(this.#parent).catch(() => [])) {
      if (!name.startsWith(this.#prefix)) continue;
      const path = join(this.#parent, name);
      const { uid } = await lstat(path).catch(() => ({ uid: undefined }));
      if (uid === process.getuid?.())
        await rm(path, { recursive: true, force: true }).catch(() => {});
    }
  }
}

/** Reads what a command wrote, of which it may have made anything: a pipe, a link, a folder. */
export async function readOutput(path: string, bytesMax: number): Promise<WrittenOutput> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => error.code);
  if (file === 'ENOENT') return { kind: 'none' };
  if (file === undefined || typeof file === 'string') return { kind: 'no_file' };
  try {
    const status = await file.stat();
    if (!status.isFile()) return { kind: 'no_file' };
    if (status.size > bytesMax) return { kind: 'too_large', bytes: status.size };
    const bytes = Buffer.alloc(status.size);
    const { bytesRead } = await file.read(bytes, 0, status.size, 0);
    return bytesRead === 0
      ? { kind: 'none' }
      : { kind: 'bytes', bytes: bytes.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}
