import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SignalboxError } from '../../std/errors.ts';
import type { LogFeed } from './log-feed.ts';
import { isWritten, lineOf, type UnreadLines } from './own-lines.ts';

/** How far a log has been written into the file. */
export interface Written {
  /** Where what was written last began, and where it ended: seqs, the first not included. */
  readonly from: number;
  readonly to: number;
}

/** Events whose lines are written together, and the characters in their data. */
const BATCH_EVENTS = 200;
const BATCH_LENGTH_MAX = 4_194_304;

/** Writes events into a file, each as a line by one call, so that no writer tears another's. */
export class LogWriter {
  readonly #path: string;
  readonly #feed: LogFeed;

  constructor(path: string, feed: LogFeed) {
    this.#path = path;
    this.#feed = feed;
  }

  /** Whether there is anything to write. */
  isBehind({ to }: Written): boolean {
    return this.#feed.head() > to;
  }

  /** Where to begin in a log of which nothing is written yet: with the next event. */
  begin(): Written {
    const head = this.#feed.head();
    return { from: head, to: head };
  }

  /**
   * Tells `unread` of the lines that a daemon may have written before it ended: those that it wrote
   * last, and those that it was to write next.
   */
  async recall({ from, to }: Written, unread: UnreadLines): Promise<void> {
    for (let at = from; at < to;) {
      const { lines, to: end } = await this.#batch(at, to);
      // The log does not go so far: it is not the one that was written.
      if (end === at) break;
      for (const { line, seq } of lines) unread.add(line, seq);
      at = end;
    }
    const next = await this.#batch(to, Number.POSITIVE_INFINITY);
    for (const { line, seq } of next.lines) unread.add(line, seq);
  }

  /**
   * Writes the next lines, and resolves to how far it came when they are on the disk.
   * `unfinished` says that the file ends within a line, which is then ended first.
   */
  async write({ to: from }: Written, unread: UnreadLines, unfinished: boolean): Promise<Written> {
    const { lines, to } = await this.#batch(from, Number.POSITIVE_INFINITY);
    if (lines.length === 0) return { from, to };
    await mkdir(dirname(this.#path), { recursive: true });
    const file = await open(this.#path, 'a');
    try {
      let before = unfinished ? '\n' : '';
      for (const { line, seq } of lines) {
        unread.add(line, seq);
        await append(file, `${before}${line}\n`);
        before = '';
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    return { from, to };
  }

  async #batch(
    after: number,
    until: number,
  ): Promise<{ lines: readonly { line: string; seq: number }[]; to: number }> {
    const lines: { line: string; seq: number }[] = [];
    let length = 0;
    let to = after;
    for (const event of await this.#feed.read(after, BATCH_EVENTS)) {
      if (event.seq > until || length > BATCH_LENGTH_MAX) break;
      to = event.seq;
      if (!isWritten(event)) continue;
      length += event.data.length;
      lines.push({ line: lineOf(event), seq: event.seq });
    }
    return { lines, to };
  }
}

async function append(file: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const { bytesWritten } = await file.write(bytes);
  if (bytesWritten === bytes.length) return;
  throw new SignalboxError('source.cut_short', 'The disk took only a part of a line.');
}
