import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SignalboxError } from '../../std/errors.ts';
import { LineSplitter } from './line-splitter.ts';
import { fileOf, type Position, printOf } from './position.ts';

/** How much of a line that has no end yet is read again with the rest of it. */
const REREAD_BYTES_MAX = 65_536;

/** How much two files must have in common for one to be a copy of the other: a line with a time. */
const COPY_BYTES_MIN = 24;

/** A file that is being read, whatever becomes of its name. */
export class OpenFile {
  readonly handle: FileHandle;
  readonly file: string;
  #position: Position;
  #splitter: LineSplitter;
  #reached = 0;

  private constructor(handle: FileHandle, position: Position) {
    this.handle = handle;
    this.file = position.file;
    this.#position = position;
    this.#splitter = new LineSplitter(position.offset, position.lines);
  }

  /**
   * The file of this name, at its beginning; undefined where there is none.
   *
   * @throws SignalboxError `source.no_file` for what is there and no file.
   */
  static async open(path: string): Promise<OpenFile | undefined> {
    const handle = await openIfThere(path);
    if (handle === undefined) return undefined;
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) {
      await handle.close();
      throw new SignalboxError('source.no_file', `${path} is there, but it is no file.`);
    }
    const print = (await printOf(handle, 0)) ?? '';
    return new OpenFile(handle, { file: fileOf(stats), offset: 0, lines: 0, print });
  }

  /**
   * The file of this name behind a position of another, where it holds what lies before; undefined
   * where it does not, or where that is too little to tell files apart.
   */
  static async openAt(path: string, position: Position): Promise<OpenFile | undefined> {
    const told = position.offset >= COPY_BYTES_MIN;
    const file = told ? await OpenFile.open(path) : undefined;
    if (file === undefined) return undefined;
    if (await file.holds(position)) {
      file.goOn(position);
      return file;
    }
    await file.close();
    return undefined;
  }

  /** Behind the last line that ended. */
  get position(): Position {
    return this.#position;
  }

  get splitter(): LineSplitter {
    return this.#splitter;
  }

  /** Whether what lies before a position is what lay there. */
  async holds({ offset, print }: Position): Promise<boolean> {
    return (await printOf(this.handle, offset)) === print;
  }

  /** Goes on behind a position of this file, or of one that began the same. */
  goOn(position: Position): void {
    this.#position = { ...position, file: this.file };
    this.#splitter = new LineSplitter(position.offset, position.lines);
  }

  /** Begins anew. */
  async rewind(): Promise<void> {
    this.goOn({
      ...this.#position,
      offset: 0,
      lines: 0,
      print: (await printOf(this.handle, 0)) ?? '',
    });
  }

  /** Forgets a line without an end, which may have changed, where it is not long. */
  letGo(): void {
    if (this.#splitter.unfinished <= REREAD_BYTES_MAX) this.goOn(this.#position);
  }

  /** The position behind a line that ends there. */
  async after({ end, number }: { end: number; number: number }): Promise<Position> {
    const print = (await printOf(this.handle, end)) ?? '';
    return { file: this.file, offset: end, lines: number, print };
  }

  /** Takes note of how far the file was read, and says whether that was never further. */
  grew(): boolean {
    const before = this.#reached;
    this.#reached = this.#splitter.at;
    return this.#reached > before;
  }

  /** Takes note that what lies before is recorded. */
  passed(position: Position): void {
    this.#position = position;
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** A pipe of that name must not keep us waiting for its writer. */
async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
