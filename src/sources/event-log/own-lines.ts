import { isObject, type Json } from '../../std/json.ts';
import type { FeedEvent } from './log-feed.ts';
import { formatLine, isLineBegun, type LineWords } from '../../events/event-log/line.ts';
import { EVENT_LOG } from './shape.ts';

/**
 * Whether an event is written into event logs. What was read from one never is: so no line can make
 * another, however many logs, sources and daemons pass their lines on.
 */
export function isWritten({ source }: Pick<FeedEvent, 'source'>): boolean {
  return !source.startsWith(`${EVENT_LOG}:`);
}

/** The line of an event, without its newline. */
export function lineOf(event: FeedEvent): string {
  return formatLine({ time: event.time, type: event.type, ...wordsOf(event) });
}

type Words = Omit<LineWords, 'time' | 'type'>;

/** The words of `emit_event` where the data is these; else the subject and the data as JSON. */
function wordsOf({ data, subject = '' }: FeedEvent): Words {
  const value = JSON.parse(data) as Json;
  const names = isObject(value) ? Object.keys(value).toSorted().join() : '';
  if (isObject(value) && names === 'context,operation,payload') {
    const { operation, context, payload } = value;
    if (isText(operation) && isText(context) && isText(payload)) {
      return { operation, context, payload };
    }
  }
  return { operation: '', context: subject, payload: value === null ? '' : data.trim() };
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string';
}

/** The lines that we wrote, or may have written, and have not read. */
export class UnreadLines {
  readonly #lines = new Map<string, number[]>();

  /** Takes note of the line of an event. */
  add(line: string, seq: number): void {
    const seqs = this.#lines.get(line);
    if (seqs === undefined) this.#lines.set(line, [seq]);
    else seqs.push(seq);
  }

  /** The seq of the event whose line it is, where we wrote it; each is given once. */
  take(line: string): number | undefined {
    const seqs = this.#lines.get(line);
    const seq = seqs?.shift();
    if (seqs?.length === 0) this.#lines.delete(line);
    return seq;
  }

  /** Whether it is what a full disk, or a loss of power, left of one of them. */
  hasBegun(line: string): boolean {
    return isLineBegun(line) && [...this.#lines.keys()].some((own) => own.startsWith(line));
  }

  /** Forgets them all: the file was read to its end, and what was not in it is gone. */
  clear(): void {
    this.#lines.clear();
  }
}
