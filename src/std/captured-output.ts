/** What is kept of what a process printed, and how much it printed in all. */
export interface Captured {
  readonly bytes: Buffer;
  readonly bytesPrinted: number;
}

const FIRST_BYTES = 4_096;

/**
 * Keeps the first `bytesMax` bytes of a stream and counts the rest.
 *
 * The bytes are copied together: a process that prints byte by byte makes a million small chunks.
 */
export class HeadCapture {
  readonly #bytesMax: number;
  #buffer = Buffer.alloc(0);
  #kept = 0;
  #printed = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  push(chunk: Buffer): void {
    this.#printed += chunk.length;
    const added = Math.min(chunk.length, this.#bytesMax - this.#kept);
    if (this.#kept + added > this.#buffer.length) this.#grow(this.#kept + added);
    chunk.copy(this.#buffer, this.#kept, 0, added);
    this.#kept += added;
  }

  captured(): Captured {
    return { bytes: this.#buffer.subarray(0, this.#kept), bytesPrinted: this.#printed };
  }

  #grow(needed: number): void {
    const size = Math.max(needed, this.#buffer.length * 2, FIRST_BYTES);
    const larger = Buffer.alloc(Math.min(size, this.#bytesMax));
    this.#buffer.copy(larger, 0, 0, this.#kept);
    this.#buffer = larger;
  }
}

/** Keeps the last `bytesMax` bytes of a stream and counts the rest. */
export class TailCapture {
  readonly #bytesMax: number;
  readonly #buffer: Buffer;
  #kept = 0;
  #printed = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    // Twice the room, so that the last bytes are moved to the front only once for each `bytesMax`.
    this.#buffer = Buffer.alloc(2 * bytesMax);
  }

  push(chunk: Buffer): void {
    this.#printed += chunk.length;
    const last = chunk.subarray(Math.max(0, chunk.length - this.#bytesMax));
    if (this.#kept + last.length > this.#buffer.length) this.#moveToFront();
    this.#kept += last.copy(this.#buffer, this.#kept);
  }

  captured(): Captured {
    this.#moveToFront();
    return { bytes: this.#buffer.subarray(0, this.#kept), bytesPrinted: this.#printed };
  }

  #moveToFront(): void {
    const start = Math.max(0, this.#kept - this.#bytesMax);
    this.#buffer.copyWithin(0, start, this.#kept);
    this.#kept -= start;
  }
}
