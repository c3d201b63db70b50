import { statSync } from 'node:fs';
import { SignalboxError } from '../../std/errors.ts';

/**
 * Which file a path leads to, remembered from when it was opened.
 *
 * SQLite goes on writing into a file that was removed or replaced, and in WAL mode it does not
 * look: what is committed then is gone when the process ends. The file is asked for by its name
 * alone, since opening and closing it would let go of SQLite's locks
 * (https://sqlite.org/howtocorrupt.html, 2.2).
 */
export class Anchor {
  readonly #path: string;
  readonly #file: string | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#file = fileAt(path);
  }

  /** @throws SignalboxError `data.unusable` where the path leads to another file, or to none. */
  assertHolds(): void {
    if (fileAt(this.#path) === this.#file) return;
    const message =
      `${this.#path} was removed or replaced while it was in use, so nothing more can be kept. ` +
      'Put the files back that were taken away, or restore a backup, and start again.';
    throw new SignalboxError('data.unusable', message);
  }
}

function fileAt(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
