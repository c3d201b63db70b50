// @ts-check
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Appends 4 KiB to a file and syncs it, which is the least that a durable write costs here. */
export class SyncedFile {
  #path;
  #file;
  #block = Buffer.alloc(4_096, 1);

  /** @param {string} directory on the disk that the subjects use */
  constructor(directory) {
    this.#path = join(directory, 'synced');
    this.#file = openSync(this.#path, 'w');
  }

  /** One write with its sync, in milliseconds. */
  append() {
    const begun = performance.now();
    writeSync(this.#file, this.#block);
    fdatasyncSync(this.#file);
    return performance.now() - begun;
  }

  close() {
    closeSync(this.#file);
    rmSync(this.#path);
  }
}
