import { decodeJournal } from '../runs/journal.ts';
import type { LogRecord } from '../store/contract.ts';
import type { HookName } from './hooks/shape.ts';

/** Something to tell hooks of, as the log's records say it. */
export interface Notice {
  readonly hook: HookName;
  /** The run that it is about; else the event. */
  readonly about: { readonly run: number } | { readonly event: number };
  readonly handler: string | null;
  /** Of a run that has ended. */
  readonly end?: { readonly success: boolean; readonly error: string | null; readonly at: number };
  readonly reason: string | null;
}

/** Runs that are known to stand in a queue; of those beyond, no start is told. */
const QUEUED_MAX = 10_000;

/** Makes notices of the log's records, in their order. */
export class NoticeReader {
  /** Runs that were queued and did not start yet, by their flows. */
  readonly #queued = new Map<number, string>();

  /** What a record is to be told as. */
  read(record: LogRecord): readonly Notice[] {
    switch (record.type) {
      case 'run.started':
        return this.#started(record);
      case 'event.dropped':
      case 'event.filtered':
        return dropped(record);
      case 'source.started':
        return aboutSource('source:started', record);
      case 'source.stopped':
        return aboutSource('source:stopped', record);
      case 'source.degraded':
        return aboutSource('source:error', record);
      default:
        return record.stream === null ? [] : this.#moved(record, record.stream);
    }
  }

  #started(record: LogRecord): readonly Notice[] {
    const entry = decodeJournal(record);
    // What another run called answers no event of its own.
    if (entry?.type !== 'run.started' || entry.parent !== undefined) return [];
    const { flow: handler, due } = entry;
    const about = { run: record.seq };
    const queued: Notice = { hook: 'event:queued', about, handler, reason: null };
    if (due === null) return [queued, { ...queued, hook: 'event:handler:start' }];
    if (this.#queued.size < QUEUED_MAX) this.#queued.set(record.seq, handler);
    return [queued];
  }

  #moved(record: LogRecord, run: number): readonly Notice[] {
    const notices: Notice[] = [];
    const flow = this.#queued.get(run);
    if (flow !== undefined && !HELD_TYPES.has(record.type)) {
      this.#queued.delete(run);
      const start = { hook: 'event:handler:start', about: { run }, handler: flow } as const;
      if (hasBegun(record)) notices.push({ ...start, reason: null });
    }
    const ended = END_TYPES.get(record.type);
    if (ended === undefined) return notices;
    const error = ended.error ?? errorOf(record);
    const end = { success: ended.success, error, at: record.received };
    notices.push({ hook: 'event:handler:end', about: { run }, handler: null, end, reason: null });
    return notices;
  }
}

/** What happens to a queued run without starting it. */
const HELD_TYPES: ReadonlySet<string> = new Set([
  'run.paused',
  'run.resumed',
  'run.moved',
  'run.retried',
]);

/** Whether a queued run of which this is recorded had its slot: it ends without, too. */
function hasBegun(record: LogRecord): boolean {
  if (record.type === 'run.cancelled') return false;
  return record.type !== 'run.failed' || failureOf(record)?.code !== 'run.queue_timeout';
}

/** The records that end a run; the error of a failure is in the record. */
const END_TYPES: ReadonlyMap<
  string,
  { readonly success: boolean; readonly error?: string | null }
> = new Map([
  ['run.succeeded', { success: true, error: null }],
  ['run.noop', { success: true, error: null }],
  ['run.failed', { success: false }],
  ['run.declined', { success: false, error: 'it was declined' }],
  ['run.cancelled', { success: false, error: 'it was cancelled' }],
  ['run.compensated', { success: false, error: 'it was undone' }],
  ['run.stuck', { success: false, error: 'it could not be undone' }],
]);

function errorOf(record: LogRecord): string | null {
  return failureOf(record)?.message ?? null;
}

function failureOf({ data }: LogRecord): { code?: string; message?: string } | undefined {
  return (JSON.parse(data) as { error?: { code?: string; message?: string } }).error;
}

function dropped({ data, source }: LogRecord): readonly Notice[] {
  if (source !== null) return [];
  const told = JSON.parse(data) as { event: number; flow?: string; reason?: string | null };
  const { event, flow: handler = null, reason = null } = told;
  return [{ hook: 'event:dropped', about: { event }, handler, reason }];
}

/** The event is the record itself, whose subject is the source. */
function aboutSource(hook: HookName, { data, seq, source }: LogRecord): readonly Notice[] {
  if (source !== null) return [];
  const { reason = null } = JSON.parse(data) as { reason?: string };
  return [{ hook, about: { event: seq }, handler: null, reason }];
}
