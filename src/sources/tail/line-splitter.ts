/** A line of a file, without its newline. */
export interface TailLine {
  /** Counts from 1, in its file. */
  readonly number: number;
  /** Where the next line begins, in bytes. */
  readonly end: number;
  readonly content:
    | { readonly kind: 'text'; readonly text: string }
    /** It cannot be read; `start` is how it begins, as far as it can be shown. */
    | { readonly kind: 'bad'; readonly reason: string; readonly start: string };
}

/** The longest line that is read, in bytes: no event is larger. */
export const LINE_BYTES_MAX = 4_194_304;
/** How much of a bad line is shown. */
const START_BYTES = 200;

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts the bytes of a file into lines as they come. A line that is too long or no UTF-8 is bad;
 * those around it are not. Holds one line at a time, and no more of it than a line may have.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #parts: Buffer[] = [];
  #kept = 0;
  #size = 0;
  #at: number;
  #number: number;

  /** Begins at an offset at which so many lines lie behind. */
  constructor(offset: number, lines: number) {
    this.#at = offset;
    this.#number = lines;
  }

  /** Where the next byte is expected. */
  get at(): number {
    return this.#at;
  }

  /** How many bytes of a line without its end have come. */
  get unfinished(): number {
    return this.#size;
  }

  /** Takes the next bytes, and gives the lines that end in them. */
  push(chunk: Buffer): TailLine[] {
    const lines: TailLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#add(chunk.subarray(start, end));
      this.#at++;
      lines.push(this.#take());
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
    return lines;
  }

  /** The line that nobody will finish any more; undefined where the last one had its end. */
  finish(): TailLine | undefined {
    return this.#size === 0 ? undefined : this.#take();
  }

  #add(part: Buffer): void {
    this.#at += part.length;
    this.#size += part.length;
    if (this.#kept > LINE_BYTES_MAX) return;
    // What a writer leaves blank that went on behind the end of a file that was cut.
    const content = this.#kept === 0 ? withoutLeadingNuls(part) : part;
    this.#kept += content.length;
    // The chunk is another's, and is used again.
    if (content.length > 0) this.#parts.push(Buffer.from(content));
  }

  #take(): TailLine {
    const bytes = withoutMark(Buffer.concat(this.#parts), this.#number === 0);
    const content = this.#kept > LINE_BYTES_MAX ? tooLong(bytes, this.#size) : this.#read(bytes);
    this.#parts = [];
    this.#kept = 0;
    this.#size = 0;
    this.#number++;
    return { number: this.#number, end: this.#at, content };
  }

  #read(bytes: Buffer): TailLine['content'] {
    if (bytes.includes(0)) return bad('It holds a NUL character.', bytes);
    try {
      return { kind: 'text', text: this.#decoder.decode(bytes) };
    } catch {
      return bad('It is no UTF-8.', bytes);
    }
  }
}

function tooLong(bytes: Buffer, size: number): TailLine['content'] {
  return bad(`It has ${size} bytes; at most ${LINE_BYTES_MAX} are read.`, bytes);
}

function bad(reason: string, bytes: Buffer): TailLine['content'] {
  return { kind: 'bad', reason, start: bytes.toString('utf8', 0, START_BYTES) };
}

function withoutLeadingNuls(bytes: Buffer): Buffer {
  if (bytes[0] !== 0) return bytes;
  const start = bytes.findIndex((byte) => byte !== 0);
  return start === -1 ? bytes.subarray(bytes.length) : bytes.subarray(start);
}

function withoutMark(bytes: Buffer, isFirst: boolean): Buffer {
  const marked = isFirst && bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return marked ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}
