import type { LineReading } from '../../events/event-log/line.ts';
import type { TailLine } from '../tail/line-splitter.ts';
import type { SourceEvent, SourceNote } from '../source.ts';

/** A line that is no event, for who wonders what became of it. */
export interface RejectedLine {
  readonly line: number;
  readonly reason: string;
  /** How it begins. */
  readonly start: string;
}

/** How many bad lines one record shows; all are counted. */
const SHOWN_MAX = 20;
/** How much of a bad line is shown. */
const START_LENGTH = 200;

/** Lines that follow one another, as far as they are recorded together. */
export class LineChunk {
  readonly events: { readonly event: SourceEvent; readonly line: TailLine }[] = [];
  readonly rejected: RejectedLine[] = [];
  /** The last of the lines, whatever it says; undefined where there is none. */
  last: TailLine | undefined;

  /** Whether there is nothing to record but how far the lines go. */
  get isSilent(): boolean {
    return this.events.length + this.rejected.length === 0;
  }

  /** Takes a line for what it says. */
  add(line: TailLine, said: LineReading): void {
    this.last = line;
    if (said.kind === 'event') this.events.push({ event: said.event, line });
    if (said.kind === 'bad') this.reject(line, said.reason);
  }

  /** Takes note that a line is none. */
  reject({ number, content }: TailLine, reason: string): void {
    const text = content.kind === 'text' ? content.text : content.start;
    this.rejected.push({ line: number, reason, start: startOf(text) });
  }

  /** What is said of its bad lines; nothing where there are none. */
  notes(path: string): SourceNote[] {
    const { length: count } = this.rejected;
    if (count === 0) return [];
    const lines = this.rejected.slice(0, SHOWN_MAX);
    return [{ type: 'event_log.rejected', data: { path, count, lines } }];
  }
}

/** Without half of a character at its end. */
function startOf(text: string): string {
  return text.slice(0, START_LENGTH).replace(/[\ud800-\udbff]$/, '');
}
