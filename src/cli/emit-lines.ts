import type { EventDraft } from '../events/event.ts';
import type { EmitResult } from '../signalbox.ts';
import { type Clock, delay } from '../std/clock.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { IN_FLIGHT_MAX } from './client.ts';
import type { Line } from './lines.ts';

/** How long one event is offered again while the daemon has no room, in milliseconds. */
const PATIENCE_MS = 60_000;

/** What became of one line. */
export type LineResult =
  | {
      readonly kind: 'recorded';
      readonly line: number;
      readonly id: string;
      readonly seq: number;
      readonly duplicate: boolean;
    }
  | { readonly kind: 'refused'; readonly line: number; readonly reason: string };

export interface EmitStreamOptions {
  /** The event in a line; throws where there is none. */
  readonly draftOf: (line: Line) => EventDraft;
  /** Records events in the order in which it is called. */
  readonly emit: (draft: EventDraft) => Promise<EmitResult>;
  readonly clock: Clock;
}

/**
 * Emits one event for each line and tells what became of each, in the order of the lines.
 *
 * A bad line is a result like any other: the lines after it go on. At most `IN_FLIGHT_MAX` events
 * wait for their acknowledgement. Where the daemon has no room an event is offered again, for a
 * minute.
 *
 * @throws what `emit` throws: the lines without a result may or may not be recorded.
 */
export async function* emitLines(
  lines: AsyncIterable<Line>,
  options: EmitStreamOptions,
): AsyncGenerator<LineResult> {
  const reader = lines[Symbol.asyncIterator]();
  const inFlight: Promise<LineResult>[] = [];
  let next: Promise<IteratorResult<Line>> | undefined = reader.next();

  for (;;) {
    const [oldest] = inFlight;
    const mayRead = inFlight.length < IN_FLIGHT_MAX ? next : undefined;
    const turn = await first(mayRead, oldest);
    if (turn === 'neither') return;
    if (turn === 'result' && oldest !== undefined) {
      void inFlight.shift();
      yield await oldest;
      continue;
    }
    const read: IteratorResult<Line> | undefined = await next;
    next = read === undefined || read.done === true ? undefined : reader.next();
    if (read?.done === false) inFlight.push(begin(read.value, options));
  }
}

/** Which of the two can be gone on with. A line that fails to be read goes before. */
function first(
  line: Promise<unknown> | undefined,
  result: Promise<unknown> | undefined,
): Promise<'line' | 'result' | 'neither'> {
  if (line === undefined && result === undefined) return Promise.resolve('neither');
  const turns: Promise<'line' | 'result'>[] = [];
  if (result !== undefined) turns.push(settled(result, 'result'));
  if (line !== undefined) turns.push(settled(line, 'line'));
  return Promise.race(turns);
}

function settled<Turn>(promise: Promise<unknown>, turn: Turn): Promise<Turn> {
  return promise.then(
    () => turn,
    () => turn,
  );
}

function begin(line: Line, options: EmitStreamOptions): Promise<LineResult> {
  const result = emitLine(line, options);
  // Its failure is met when its turn comes; until then it must not count as unhandled.
  result.catch(() => {});
  return result;
}

async function emitLine(line: Line, options: EmitStreamOptions): Promise<LineResult> {
  const { number, tooLong } = line;
  if (tooLong) return refusal(number, 'the line is larger than any event may be.');
  let draft: EventDraft;
  try {
    draft = options.draftOf(line);
  } catch (error) {
    return refusal(number, messageOf(error));
  }
  return resultOf(number, await offerPatiently(() => options.emit(draft), options.clock));
}

/** Offers something again, for a minute, while it is refused for want of room. */
export async function offerPatiently<Result extends { readonly kind: string }>(
  offer: () => Promise<Result | Refused>,
  clock: Clock,
): Promise<Result | Refused> {
  const deadline = clock.monotonic() + PATIENCE_MS;
  for (;;) {
    const result = await offer();
    if (!isRefused(result) || clock.monotonic() + result.retryAfterMs > deadline) return result;
    await delay(clock, result.retryAfterMs);
  }
}

type Refused = Extract<EmitResult, { kind: 'refused' }>;

function isRefused(result: { readonly kind: string }): result is Refused {
  return result.kind === 'refused';
}

function resultOf(line: number, result: EmitResult): LineResult {
  switch (result.kind) {
    case 'accepted': {
      const { id, seq, duplicate } = result;
      return { kind: 'recorded', line, id, seq, duplicate };
    }
    default:
      return refusal(line, refusalOf(result));
  }
}

/** What `emit` answers about an event that is not in the log. */
export type Refusal = Exclude<EmitResult, { kind: 'accepted' }>;

/** The error of a command whose one event was not recorded. */
export function notRecorded(refused: Refusal): SignalboxError {
  const message = `The event was not recorded: ${refusalOf(refused)}`;
  return new SignalboxError('event.not_recorded', message);
}

function refusalOf(result: Refusal): string {
  switch (result.kind) {
    case 'conflict': {
      const { id, seq } = result;
      return `the id "${id}" is in the log with other content, as number ${seq}; use another id.`;
    }
    case 'invalid':
      return result.problem;
    case 'refused':
      return REASONS[result.reason];
  }
}

const REASONS = {
  disk_full: 'the disk of the data directory is full; free some space and emit again.',
  queue_full: 'as much waits as "queue_limit" allows; emit again later.',
  source_full: 'as many events of its source wait as "queue_limit" allows; emit again later.',
  queue_stalled: 'events have waited too long to be routed; emit again later.',
  busy: 'the daemon has more to do than it can take; emit again later.',
  stopping: 'the daemon is stopping; emit again when it runs.',
} as const;

function refusal(line: number, reason: string): LineResult {
  return { kind: 'refused', line, reason };
}
