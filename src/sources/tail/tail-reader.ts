import type { Clock } from '../../std/clock.ts';
import { fileNamed, findBeside, findFile, isBeside, pathAfter } from './find-file.ts';
import type { TailLine } from './line-splitter.ts';
import { OpenFile } from './open-file.ts';
import type { Position } from './position.ts';

/** What is read at once, in bytes. */
const CHUNK_BYTES = 65_536;
/** Lines, and characters in them, that are handed over together. */
export const BATCH_LINES_MAX = 500;
const BATCH_LENGTH_MAX = 1_048_576;
/** How many files one scan goes through. */
const FILES_MAX = 1_000;
/** For how long a file that lost its name is still listened to: its writers may not know yet. */
export const ROTATED_MS = 1_000;

/** Since when nobody has written into a file that is a copy. */
const FOR_LONG = Number.NEGATIVE_INFINITY;

/** Lines that follow one another. */
export interface TailBatch {
  readonly lines: readonly TailLine[];
  /** The position behind one of these lines. */
  readonly after: (line: TailLine) => Promise<Position>;
}

/** Takes a batch, and resolves when it and the position behind it are durable. */
export type TakeBatch = (batch: TailBatch) => Promise<void>;

/** How a scan ended. */
export interface Scanned {
  /** Whether everything was read that is there: else a file that was rotated is still watched. */
  readonly complete: boolean;
  /** Whether the file ends within a line. */
  readonly unfinished: boolean;
}

export interface TailReaderOptions {
  /** Absolute. There need not be a file yet. */
  readonly path: string;
  /** Where an earlier reader had come to. */
  readonly position: Position | undefined;
  readonly clock: Clock;
}

/**
 * Reads the lines of a file that others append to, each once, whatever happens to the file: it
 * comes later, is rotated, cut off, replaced, or deleted and made anew. A line is read when it has
 * its end.
 */
export class TailReader {
  readonly #options: TailReaderOptions;
  readonly #buffer = Buffer.alloc(CHUNK_BYTES);
  #open: OpenFile | undefined;
  #before: Position | undefined;
  /** Since when the file that is read is not the one that bears the name, in monotonic time. */
  #nameless: number | undefined;

  constructor(options: TailReaderOptions) {
    this.#options = options;
    this.#before = options.position;
  }

  /**
   * Reads what is there now and was not read, and hands it over batch by batch. After a rejection
   * the reader is to be closed: what it had read is not taken.
   */
  async scan(take: TakeBatch): Promise<Scanned> {
    for (let files = 0; files < FILES_MAX; files++) {
      const file = await this.#file();
      if (file === undefined) return { complete: true, unfinished: false };
      if (await this.#isAnother(file)) continue;
      const grew = await this.#readToEnd(file, take);
      const next = await this.#next(file, grew);
      if (next === 'none') return this.#scanned(file, true);
      if (next === 'later') return this.#scanned(file, false);
      await this.#moveOn(next, file, take);
    }
    return { complete: false, unfinished: false };
  }

  /** Lets go of the file. Safe twice. */
  async close(): Promise<void> {
    const file = this.#open;
    this.#open = undefined;
    await file?.close();
  }

  #scanned({ splitter }: OpenFile, complete: boolean): Scanned {
    return { complete, unfinished: splitter.unfinished > 0 };
  }

  async #file(): Promise<OpenFile | undefined> {
    const { path } = this.#options;
    const before = this.#before;
    this.#open ??= await (before === undefined ? OpenFile.open(path) : findFile(path, before));
    return this.#open;
  }

  /** Whether the file was cut off or written anew; then what was cut off is looked for, too. */
  async #isAnother(file: OpenFile): Promise<boolean> {
    file.letGo();
    const { position, splitter } = file;
    if ((await file.size()) >= splitter.at && (await file.holds(position))) return false;
    const copy = await findBeside(this.#options.path, position, { except: file.file });
    if (copy === undefined) await file.rewind();
    else {
      await this.#replace(copy);
      // Nobody writes into a copy.
      this.#nameless = FOR_LONG;
    }
    return true;
  }

  /** Reads as far as the file goes now, and says whether anything was there. */
  async #readToEnd(file: OpenFile, take: TakeBatch): Promise<boolean> {
    const size = await file.size();
    let lines: TailLine[] = [];
    let length = 0;
    while (file.splitter.at < size) {
      const { bytesRead } = await file.handle.read(this.#buffer, 0, CHUNK_BYTES, file.splitter.at);
      if (bytesRead === 0) break;
      for (const line of file.splitter.push(this.#buffer.subarray(0, bytesRead))) {
        lines.push(line);
        length += lengthOf(line);
        if (lines.length < BATCH_LINES_MAX && length < BATCH_LENGTH_MAX) continue;
        await hand(file, lines, take);
        lines = [];
        length = 0;
      }
    }
    await hand(file, lines, take);
    return file.grew();
  }

  /** The file to go on with: `none` while what is read is the newest there is. */
  async #next(file: OpenFile, grew: boolean): Promise<OpenFile | 'none' | 'later'> {
    const { path, clock } = this.#options;
    const named = await fileNamed(path);
    const after = named === file.file ? undefined : await pathAfter(path, file.file);
    if (after === undefined || (named === undefined && after === path)) {
      this.#nameless = undefined;
      return 'none';
    }
    const copy = await this.#copyOf(file);
    if (copy !== undefined) return copy;
    const now = clock.monotonic();
    if (grew && this.#nameless !== FOR_LONG) this.#nameless = now;
    this.#nameless ??= now;
    if (now - this.#nameless < ROTATED_MS) return 'later';
    return (await OpenFile.open(after)) ?? 'later';
  }

  /** What took the file's place and holds all that was read, itself or where it was rotated to. */
  async #copyOf({ file, position }: OpenFile): Promise<OpenFile | undefined> {
    const { path } = this.#options;
    const current = await OpenFile.openAt(path, position);
    if (current !== undefined || (await isBeside(path, file))) return current;
    return findBeside(path, position, { except: file });
  }

  /** What the file left stands without its end for good: it is a line like any other. */
  async #moveOn(next: OpenFile, file: OpenFile, take: TakeBatch): Promise<void> {
    const last = next.position.offset === 0 ? file.splitter.finish() : undefined;
    await this.#replace(next);
    if (last !== undefined) await take({ lines: [last], after: async () => next.position });
  }

  async #replace(next: OpenFile): Promise<void> {
    this.#nameless = undefined;
    await this.close();
    this.#open = next;
  }
}

async function hand(file: OpenFile, lines: readonly TailLine[], take: TakeBatch): Promise<void> {
  const last = lines.at(-1);
  if (last === undefined) return;
  const position = await file.after(last);
  await take({ lines, after: async (line) => (line === last ? position : file.after(line)) });
  file.passed(position);
}

function lengthOf({ content }: TailLine): number {
  return content.kind === 'text' ? content.text.length : content.start.length;
}
