/** One line of a text stream. */
export interface Line {
  /** Counts from 1. */
  readonly number: number;
  readonly text: string;
  /** The line had more than `LINE_BYTES_MAX` bytes: its text is left out. */
  readonly tooLong: boolean;
}

/** The longest line that is read: no event is larger. */
export const LINE_BYTES_MAX = 33_554_432;

const NEWLINE = 0x0a;

/**
 * The lines of a byte stream that are not blank, as they come.
 *
 * Holds one line at a time: a line without end costs `LINE_BYTES_MAX`, not the memory there is.
 */
export async function* readLines(
  input: AsyncIterable<Buffer>,
  bytesMax: number = LINE_BYTES_MAX,
): AsyncGenerator<Line> {
  const line = new LineBuffer(bytesMax);
  let number = 0;
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      line.add(chunk.subarray(start, end));
      start = end + 1;
      number++;
      const taken = line.take();
      if (!isBlank(taken)) yield { number, ...taken };
    }
    line.add(chunk.subarray(start));
  }
  const last = line.take();
  if (!isBlank(last)) yield { number: number + 1, ...last };
}

function isBlank({ text, tooLong }: Omit<Line, 'number'>): boolean {
  return !tooLong && text.trim() === '';
}

/** The parts of a line that arrived so far. */
class LineBuffer {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(part: Buffer): void {
    this.#size += part.length;
    if (this.#size <= this.#bytesMax) this.#parts.push(part);
  }

  take(): Omit<Line, 'number'> {
    const tooLong = this.#size > this.#bytesMax;
    const text = tooLong ? '' : Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    this.#size = 0;
    return { text, tooLong };
  }
}
