import * as codes from '@journeyapps/wa-sqlite/src/sqlite-constants.js';
import { DiskFault, type DiskOperation } from './faults.ts';
import { FileLocks, type LockHolder, UNLOCKED } from './file-locks.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { SimulatedFile } from './simulated-file.ts';
import { numbers, type SqliteModule } from './sqlite-module.ts';

export const VFS_NAME = 'simulated-disk';

/** As SQLite's own VFS for Unix has it. */
const SECTOR_SIZE = 4_096;
const PATH_LENGTH_MAX = 512;
/** 2026-01-01 in milliseconds of the Julian day, in which SQLite counts. */
const NOW = 211_865_241_600_000n;

const JOURNALS =
  codes.SQLITE_OPEN_MAIN_JOURNAL | codes.SQLITE_OPEN_SUPER_JOURNAL | codes.SQLITE_OPEN_WAL;

interface OpenFile extends LockHolder {
  /** Undefined for a temporary file, which lives in memory alone and never fails. */
  readonly disk: SimulatedDisk | undefined;
  readonly deletedOnClose: string | undefined;
  /** Whether the directory's sync follows the next one, as for each new journal or WAL on Unix. */
  isNewJournal: boolean;
}

export interface Mount {
  readonly prefix: string;
  readonly unmount: () => void;
}

type OpenArguments = readonly [
  vfs: number,
  path: number,
  handle: number,
  flags: number,
  flagsOut: number,
];
type TransferArguments = readonly [
  handle: number,
  memory: number,
  length: number,
  low: number,
  high: number,
];

/**
 * SQLite's door to simulated disks. Its methods carry the names and arguments of `sqlite3_vfs` and
 * `sqlite3_io_methods`; a 64-bit offset arrives as two halves. A path begins with the number of its
 * connection, which says which disk is meant.
 */
export class DiskVfs {
  readonly name = VFS_NAME;
  readonly mxPathname = PATH_LENGTH_MAX;
  readonly #sqlite: SqliteModule;
  readonly #mounts = new Map<number, SimulatedDisk>();
  readonly #files = new Map<number, OpenFile>();
  readonly #locks = new FileLocks();
  #mounted = 0;

  constructor(sqlite: SqliteModule) {
    this.#sqlite = sqlite;
  }

  /** Connects a disk; paths below the returned prefix are names on it. */
  mount(disk: SimulatedDisk): Mount {
    const id = ++this.#mounted;
    this.#mounts.set(id, disk);
    return { prefix: `/${id}/`, unmount: () => void this.#mounts.delete(id) };
  }

  hasAsyncMethod(): boolean {
    return false;
  }

  xOpen(...[, path, handle, flags, flagsOut]: OpenArguments): number {
    return this.#answer('read', () => {
      const opened = path === 0 ? temporaryFile() : this.#open(path, flags);
      if (opened === undefined) return codes.SQLITE_CANTOPEN;
      this.#files.set(handle, opened);
      if (flagsOut !== 0) numbers(this.#sqlite).setInt32(flagsOut, flags, true);
      return codes.SQLITE_OK;
    });
  }

  #open(path: number, flags: number): OpenFile | undefined {
    const { disk, name } = this.#locate(path);
    const isNew = disk.file(name) === undefined;
    const file = disk.open(name, (flags & codes.SQLITE_OPEN_CREATE) !== 0);
    if (file === undefined) return undefined;
    const deletedOnClose = (flags & codes.SQLITE_OPEN_DELETEONCLOSE) === 0 ? undefined : name;
    const isNewJournal = isNew && (flags & JOURNALS) !== 0;
    return { disk, file, deletedOnClose, isNewJournal, lock: UNLOCKED };
  }

  xDelete(_vfs: number, path: number, synced: number): number {
    return this.#answer('delete', () => {
      const { disk, name } = this.#locate(path);
      if (disk.file(name) === undefined) return codes.SQLITE_IOERR_DELETE_NOENT;
      disk.delete(name);
      if (synced !== 0) disk.syncNames();
      return codes.SQLITE_OK;
    });
  }

  xAccess(_vfs: number, path: number, _flags: number, out: number): number {
    const { disk, name } = this.#locate(path);
    numbers(this.#sqlite).setInt32(out, disk.file(name) === undefined ? 0 : 1, true);
    return codes.SQLITE_OK;
  }

  xFullPathname(_vfs: number, path: number, capacity: number, out: number): number {
    const memory = this.#sqlite.bytes();
    const end = memory.indexOf(0, path) + 1;
    if (end - path > capacity) return codes.SQLITE_CANTOPEN;
    memory.copyWithin(out, path, end);
    return codes.SQLITE_OK;
  }

  xRandomness(_vfs: number, length: number, out: number): number {
    const random = [...this.#mounts.values()].at(-1)?.random ?? (() => 0);
    const memory = this.#sqlite.bytes();
    for (let i = 0; i < length; i++) memory[out + i] = Math.floor(random() * 256);
    return length;
  }

  xCurrentTimeInt64(_vfs: number, out: number): number {
    numbers(this.#sqlite).setBigInt64(out, NOW, true);
    return codes.SQLITE_OK;
  }

  xClose(handle: number): number {
    const opened = this.#files.get(handle);
    this.#files.delete(handle);
    if (opened === undefined) return codes.SQLITE_OK;
    this.#locks.lower(opened, UNLOCKED);
    const { disk, deletedOnClose } = opened;
    if (disk === undefined || deletedOnClose === undefined) return codes.SQLITE_OK;
    return this.#answer('delete', () => {
      disk.delete(deletedOnClose);
      return codes.SQLITE_OK;
    });
  }

  xRead(...[handle, out, length, low, high]: TransferArguments): number {
    return this.#use(handle, 'read', ({ disk, file }) => {
      const offset = joined(low, high);
      const bytes =
        disk === undefined ? file.view(offset, length) : disk.read(file, offset, length);
      this.#sqlite.bytes().set(bytes, out);
      if (bytes.length === length) return codes.SQLITE_OK;
      this.#sqlite.bytes().fill(0, out + bytes.length, out + length);
      return codes.SQLITE_IOERR_SHORT_READ;
    });
  }

  xWrite(...[handle, from, length, low, high]: TransferArguments): number {
    return this.#use(handle, 'write', ({ disk, file }) => {
      const bytes = this.#sqlite.bytes().subarray(from, from + length);
      if (disk === undefined) file.write(joined(low, high), bytes);
      else disk.write(file, joined(low, high), bytes);
      return codes.SQLITE_OK;
    });
  }

  xTruncate(handle: number, low: number, high: number): number {
    return this.#use(handle, 'resize', ({ disk, file }) => {
      if (disk === undefined) file.resize(joined(low, high));
      else disk.resize(file, joined(low, high));
      return codes.SQLITE_OK;
    });
  }

  xSync(handle: number, _flags: number): number {
    return this.#use(handle, 'sync', (opened) => {
      opened.disk?.sync(opened.file);
      if (opened.isNewJournal) opened.disk?.syncNames();
      opened.isNewJournal = false;
      return codes.SQLITE_OK;
    });
  }

  xFileSize(handle: number, out: number): number {
    return this.#use(handle, 'read', ({ file }) => {
      numbers(this.#sqlite).setBigInt64(out, BigInt(file.size), true);
      return codes.SQLITE_OK;
    });
  }

  xLock(handle: number, level: number): number {
    return this.#use(handle, 'read', (opened) =>
      this.#locks.raise(opened, level) ? codes.SQLITE_OK : codes.SQLITE_BUSY,
    );
  }

  xUnlock(handle: number, level: number): number {
    return this.#use(handle, 'read', (opened) => {
      this.#locks.lower(opened, level);
      return codes.SQLITE_OK;
    });
  }

  xCheckReservedLock(handle: number, out: number): number {
    return this.#use(handle, 'read', (opened) => {
      numbers(this.#sqlite).setInt32(out, this.#locks.isReserved(opened) ? 1 : 0, true);
      return codes.SQLITE_OK;
    });
  }

  xFileControl(): number {
    return codes.SQLITE_NOTFOUND;
  }

  xSectorSize(): number {
    return SECTOR_SIZE;
  }

  xDeviceCharacteristics(): number {
    return codes.SQLITE_IOCAP_POWERSAFE_OVERWRITE;
  }

  #locate(path: number): { readonly disk: SimulatedDisk; readonly name: string } {
    const text = this.#sqlite.text(path);
    const end = text.indexOf('/', 1);
    const disk = this.#mounts.get(Number(text.slice(1, end)));
    if (disk === undefined) throw new Error(`No disk is mounted for ${text}.`);
    return { disk, name: text.slice(end + 1) };
  }

  #use(handle: number, operation: DiskOperation, act: (opened: OpenFile) => number): number {
    const opened = this.#files.get(handle);
    if (opened === undefined) return codes.SQLITE_MISUSE;
    return this.#answer(operation, () => act(opened));
  }

  #answer(operation: DiskOperation, act: () => number): number {
    try {
      return act();
    } catch (fault) {
      if (!(fault instanceof DiskFault)) throw fault;
      return fault.reason === 'full' ? codes.SQLITE_FULL : IO_ERRORS[operation];
    }
  }
}

const IO_ERRORS: Readonly<Record<DiskOperation, number>> = {
  read: codes.SQLITE_IOERR_READ,
  write: codes.SQLITE_IOERR_WRITE,
  resize: codes.SQLITE_IOERR_TRUNCATE,
  sync: codes.SQLITE_IOERR_FSYNC,
  delete: codes.SQLITE_IOERR_DELETE,
};

function temporaryFile(): OpenFile {
  return {
    disk: undefined,
    file: new SimulatedFile(),
    deletedOnClose: undefined,
    isNewJournal: false,
    lock: UNLOCKED,
  };
}

function joined(low: number, high: number): number {
  return high * 4_294_967_296 + (low >>> 0);
}
