const CAPACITY_MIN = 4_096;

/** The bytes of a file, growing by doubling. What was never written reads as zeros. */
export class ByteImage {
  #bytes = new Uint8Array(CAPACITY_MIN);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * The bytes from `offset` on, at most `length`; fewer where the file ends. Valid until the next
   * change.
   */
  view(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, Math.max(offset, Math.min(offset + length, this.#size)));
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(bytes, offset);
    this.#size = Math.max(this.#size, end);
  }

  /** Cuts the file, or lengthens it with zeros. */
  resize(size: number): void {
    if (size > this.#bytes.length) this.#grow(size);
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    this.#size = size;
  }

  copyFrom(other: ByteImage): void {
    this.resize(0);
    this.write(0, other.view(0, other.size));
  }

  #grow(size: number): void {
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
  }
}
