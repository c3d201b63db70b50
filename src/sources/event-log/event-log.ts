import { resolve } from 'node:path';
import { messageOf, SignalboxError } from '../../std/errors.ts';
import type { Cursor, CursorChange, Source, SourceContext, SourceKind } from '../source.ts';
import { FileHints } from '../tail/hints.ts';
import type { TailLine } from '../tail/line-splitter.ts';
import { formatPosition, parsePosition } from '../tail/position.ts';
import { type Scanned, type TailBatch, TailReader } from '../tail/tail-reader.ts';
import type { Claims } from './claims.ts';
import { type LineReading, readLine } from '../../events/event-log/line.ts';
import { LineChunk } from './line-chunk.ts';
import type { LogFeed } from './log-feed.ts';
import { LogWriter, type Written } from './log-writer.ts';
import { UnreadLines } from './own-lines.ts';
import { eventLogConfig, eventLogShape } from './shape.ts';

/** What it remembers: how far it read the file, and how far it wrote the log into it. */
const POSITION = 'position';
const WRITTEN = 'written';
/** How long another writer has to finish a line that it began. */
const UNFINISHED_MS = 1_000;

/** Sources that read event logs line by line, and write into them where they are told to. */
export function eventLogKind(surroundings: EventLogSurroundings): SourceKind {
  return { shape: eventLogShape, open: (context) => new EventLog(context, surroundings) };
}

/** What all event logs of a daemon share. */
export interface EventLogSurroundings {
  /** What is written into them. */
  readonly feed: LogFeed;
  readonly claims: Claims;
}

/**
 * One event log. It is read to its end, and only then written to: so each line that is found was
 * written by others, or is the next of those that we wrote.
 */
class EventLog implements Source {
  readonly #context: SourceContext;
  readonly #surroundings: EventLogSurroundings;
  readonly #path: string;
  readonly #writes: boolean;
  readonly #hints: FileHints;
  readonly #writer: LogWriter;
  readonly #unread = new UnreadLines();
  #reader: TailReader | undefined;
  #written: Written | undefined;
  #unfinishedSince: number | undefined;
  #recorded = 0;
  #stopping = false;
  #letGo: (() => void)[] = [];
  #starting: Promise<void> = Promise.resolve();
  #loop: Promise<void> = Promise.resolve();

  constructor(context: SourceContext, surroundings: EventLogSurroundings) {
    const { path, write } = eventLogConfig(context.config);
    this.#context = context;
    this.#surroundings = surroundings;
    this.#path = resolve(context.directory, path);
    this.#writes = write;
    this.#hints = new FileHints(this.#path, context.clock);
    this.#writer = new LogWriter(this.#path, surroundings.feed);
  }

  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#hints.stop();
    // What it takes hold of until it has started is let go of too.
    await this.#starting.catch(() => {});
    await this.#loop;
    await this.#reader?.close();
    for (const letGo of this.#letGo.splice(0)) letGo();
  }

  async #start(): Promise<void> {
    const source = this.#context.name;
    const { claims, feed } = this.#surroundings;
    this.#letGo.push(await claims.take(this.#path, { source, writes: this.#writes }));
    await this.#beginAgain();
    await this.#look();
    this.#context.report({ recovered: this.#recorded, skipped: 0, what: 'lines of a log' });
    if (this.#stopping) return;
    if (this.#writes) this.#letGo.push(feed.onRecorded(() => this.#hints.hint()));
    this.#loop = this.#follow();
  }

  /** What is written is remembered from the first moment on, and forgotten when nothing is. */
  async #recall(remembered: string | undefined): Promise<void> {
    if (!this.#writes) {
      if (remembered !== undefined) await this.#remember({ key: WRITTEN, value: null });
      return;
    }
    this.#written = parseWritten(remembered) ?? this.#writer.begin();
    if (remembered === undefined) await this.#remember(writtenCursor(this.#written));
    await this.#writer.recall(this.#written, this.#unread);
  }

  async #follow(): Promise<void> {
    let failed = false;
    while (!this.#stopping) {
      await this.#hints.wait();
      if (this.#stopping) return;
      try {
        if (failed) await this.#beginAgain();
        await this.#look();
        failed = false;
        this.#context.recovered();
      } catch (error) {
        if (error instanceof SignalboxError && error.code === 'source.stopped') return;
        failed = true;
        this.#context.degraded(messageOf(error));
      }
    }
  }

  /** What was read and not recorded is read again, and what was perhaps written is known again. */
  async #beginAgain(): Promise<void> {
    const { clock } = this.#context;
    await this.#reader?.close();
    const remembered = await entriesOf(this.#context.remembered());
    const position = parsePosition(remembered.get(POSITION) ?? '');
    this.#reader = new TailReader({ path: this.#path, position, clock });
    this.#unread.clear();
    await this.#recall(remembered.get(WRITTEN));
  }

  /** Reads all that is there, then writes what is to be written. */
  async #look(): Promise<void> {
    const scanned = await this.#reader?.scan((batch) => this.#take(batch));
    if (scanned?.complete !== true || this.#written === undefined) return;
    this.#unread.clear();
    if (!this.#writer.isBehind(this.#written) || !this.#mayWrite(scanned)) return;
    this.#written = await this.#writer.write(this.#written, this.#unread, scanned.unfinished);
    await this.#remember(writtenCursor(this.#written));
    if (this.#writer.isBehind(this.#written)) this.#hints.hint();
  }

  /** A line that another has begun is left to its writer for a while. */
  #mayWrite({ unfinished }: Scanned): boolean {
    const now = this.#context.clock.monotonic();
    this.#unfinishedSince = unfinished ? (this.#unfinishedSince ?? now) : undefined;
    return now - (this.#unfinishedSince ?? now - UNFINISHED_MS) >= UNFINISHED_MS;
  }

  /** An event with an id is recorded alone, the others together. */
  async #take({ lines, after }: TailBatch): Promise<void> {
    let chunk = new LineChunk();
    for (const line of lines) {
      const said = this.#read(line);
      const alone = said.kind === 'event' && said.event.id !== undefined;
      if (alone && !chunk.isSilent) {
        await this.#record(chunk, after);
        chunk = new LineChunk();
      }
      chunk.add(line, said);
      if (!alone) continue;
      await this.#record(chunk, after);
      chunk = new LineChunk();
    }
    await this.#record(chunk, after);
  }

  #read({ content }: TailLine): LineReading {
    if (content.kind === 'bad') return content;
    return this.#isOwn(content.text) ? { kind: 'blank' } : readLine(content.text);
  }

  #isOwn(text: string): boolean {
    const seq = this.#unread.take(text);
    if (seq === undefined || this.#written === undefined) return this.#unread.hasBegun(text);
    const { from, to } = this.#written;
    if (seq > to) this.#written = { from, to: seq };
    return true;
  }

  async #record(chunk: LineChunk, after: TailBatch['after']): Promise<void> {
    const { events, last } = chunk;
    if (last === undefined) return;
    const value = formatPosition(await after(last));
    const cursors = [
      { key: POSITION, value },
      ...(this.#written === undefined ? [] : [writtenCursor(this.#written)]),
    ];
    const notes = chunk.notes(this.#path);
    try {
      await this.#context.record({ events: events.map(({ event }) => event), cursors, notes });
      this.#recorded += events.length;
    } catch (error) {
      if (!(error instanceof SignalboxError) || error.code !== 'source.event_invalid') throw error;
      await this.#recordOneByOne(chunk, { after, reason: error.message });
    }
  }

  /** Finds out which event no log takes. */
  async #recordOneByOne(
    { events, rejected, last }: LineChunk,
    { after, reason }: Pick<TailBatch, 'after'> & { readonly reason: string },
  ): Promise<void> {
    const rest = new LineChunk();
    rest.rejected.push(...rejected);
    for (const { event, line } of events) {
      const one = new LineChunk();
      if (events.length === 1) rest.reject(line, reason);
      else one.add(line, { kind: 'event', event });
      await this.#record(one, after);
    }
    rest.last = last;
    await this.#record(rest, after);
  }

  #remember(cursor: CursorChange): Promise<void> {
    return this.#context.record({ events: [], cursors: [cursor] });
  }
}

function writtenCursor({ from, to }: Written): CursorChange {
  return { key: WRITTEN, value: `${from}-${to}` };
}

/**
 * The last event that an event log which remembers this does not need any more: what is behind it,
 * it writes, or has to know again. Undefined where it writes nothing.
 */
export function writtenBefore(cursors: readonly Cursor[]): number | undefined {
  return parseWritten(cursors.find(({ key }) => key === WRITTEN)?.value)?.from;
}

function parseWritten(text = ''): Written | undefined {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  return to === undefined ? undefined : { from: Number(from), to: Number(to) };
}

async function entriesOf(cursors: AsyncIterable<Cursor>): Promise<ReadonlyMap<string, string>> {
  const entries = new Map<string, string>();
  for await (const { key, value } of cursors) entries.set(key, value);
  return entries;
}
