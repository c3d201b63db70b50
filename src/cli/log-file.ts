import {
  close,
  closeSync,
  constants,
  fstatSync,
  openSync,
  renameSync,
  type Stats,
  write,
} from 'node:fs';
import { Writable } from 'node:stream';
import { messageOf, SignalboxError } from '../std/errors.ts';

/** A log in a file, which somebody may move away while it is written to. */
export interface LogFile extends Writable {
  /** Opens the file of this name anew: what was moved away gets no further line. */
  reopen(): void;
}

export interface LogFileOptions {
  readonly path: string;
  /**
   * How large the file may become before it is moved to `PATH.1`, in bytes. Without it the file
   * grows until somebody else moves it away.
   */
  readonly bytesMax?: number | undefined;
}

/** Appends only; a link that somebody laid there is not followed, and a pipe is not waited for. */
const FLAGS =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  constants.O_NOFOLLOW |
  constants.O_NONBLOCK;
const OWNER_ONLY = 0o600;

/**
 * Opens a log file for appending, and makes it for its owner alone where it is missing. What cannot
 * be written, such as to a full disk, costs these lines and never an error.
 *
 * @throws SignalboxError `usage.invalid` where it cannot be opened, or is no plain file.
 */
export function openLogFile(options: LogFileOptions): LogFile {
  return new AppendedFile(options, openPlain(options.path));
}

class AppendedFile extends Writable implements LogFile {
  readonly #path: string;
  readonly #bytesMax: number;
  #file: number;
  #bytes: number;
  #writing = false;
  /** Left, but a write may still be under way to them: until then their numbers must be theirs. */
  #left: number[] = [];

  constructor({ path, bytesMax = Infinity }: LogFileOptions, file: number) {
    super({ decodeStrings: true });
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#file = file;
    this.#bytes = fstatSync(file).size;
  }

  reopen(): void {
    let next: number;
    try {
      next = openPlain(this.#path);
    } catch (error) {
      // The log goes on where it went before, and says so there.
      this.write(`The log file cannot be opened anew: ${messageOf(error)}\n`);
      return;
    }
    this.#left.push(this.#file);
    this.#file = next;
    this.#bytes = fstatSync(next).size;
    if (!this.#writing) this.#closeLeft();
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    if (this.#bytes > 0 && this.#bytes + chunk.length > this.#bytesMax) this.#rotate();
    this.#bytes += chunk.length;
    this.#writing = true;
    write(this.#file, chunk, () => {
      this.#writing = false;
      this.#closeLeft();
      done();
    });
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), '', done);
  }

  override _final(done: () => void): void {
    close(this.#file, () => done());
  }

  #closeLeft(): void {
    for (const file of this.#left.splice(0)) closeSync(file);
  }

  #rotate(): void {
    try {
      renameSync(this.#path, `${this.#path}.1`);
    } catch {
      // It cannot be moved, so it is gone on with: the log matters more than its size.
      this.#bytes = 0;
      return;
    }
    this.reopen();
  }
}

function openPlain(path: string): number {
  let file: number;
  try {
    file = openSync(path, FLAGS, OWNER_ONLY);
  } catch (cause) {
    throw unusable(path, reasonOf(cause), cause);
  }
  const stats: Stats = fstatSync(file);
  if (stats.isFile()) return file;
  closeSync(file);
  throw unusable(path, 'it is no plain file');
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ELOOP') return 'it is a symbolic link, which may lead anywhere';
  return code === 'ENXIO' ? 'it is no plain file' : messageOf(error);
}

function unusable(path: string, reason: string, cause?: unknown): SignalboxError {
  const message = `--log-file ${path} cannot be written: ${reason}.`;
  return new SignalboxError('usage.invalid', message, { cause });
}
