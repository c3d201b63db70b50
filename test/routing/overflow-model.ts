import type { QueueLimit } from '../../src/flows/flow.ts';
import type { OverflowRules } from '../../src/routing/overflow.ts';
import { decodeJournal } from '../../src/runs/journal.ts';
import type { LogRecord } from '../../src/store/contract.ts';

/** What limits there are in a story. */
export interface Limits {
  readonly rules: OverflowRules;
  /** Of the flow `greet`; `note` has none of its own. */
  readonly greet: QueueLimit | undefined;
  /** Of the one source that has a limit. */
  readonly source: OverflowRules;
  readonly slots: number;
}

/** A run that waits for its first slot. */
interface Queued {
  readonly flow: string;
  readonly event: number;
}

/** What waits, as the log tells from its first record on. */
export class Waiting {
  readonly runs = new Map<number, Queued>();

  hear(record: LogRecord): void {
    const { seq, stream } = record;
    if (stream === null) return;
    if (seq !== stream) this.runs.delete(stream);
    else {
      const started = decodeJournal(record);
      if (started?.type !== 'run.started' || started.due === null) return;
      this.runs.set(seq, { flow: started.flow, event: started.event });
    }
  }

  ofFlow(flow: string): number {
    return [...this.runs.values()].filter((run) => run.flow === flow).length;
  }

  /** The events of which runs wait, by seq. */
  events(among: ReadonlySet<number>): Set<number> {
    const events = Array.from(this.runs.values(), ({ event }) => event);
    return new Set(events.filter((event) => among.has(event)));
  }
}

/** How many events of the source wait, by counting all of them. */
export function waitingEvents(
  log: readonly LogRecord[],
  routed: number,
  { name, countsArrivals }: { readonly name: string; readonly countsArrivals: boolean },
): number {
  const waiting = new Waiting();
  for (const record of log) waiting.hear(record);
  const own = log.filter(({ source }) => source === name).map(({ seq }) => seq);
  const events = waiting.events(new Set(own));
  if (countsArrivals) for (const seq of own) if (seq > routed) events.add(seq);
  return events.size;
}

/**
 * Where a start was queued beyond its limit, or given up within it. A slot that is granted and not
 * yet recorded makes the difference between what the engine counts and what the log tells.
 */
export function limitProblem(
  log: readonly LogRecord[],
  { rules, greet, source, slots }: Limits,
  name: string,
): string | undefined {
  const waiting = new Waiting();
  const own = new Set<number>();
  for (const record of log) {
    const { seq, stream, type, data } = record;
    if (record.source === name) own.add(seq);
    const told = JSON.parse(data) as Told;
    const started = seq === stream ? decodeJournal(record) : undefined;
    const isQueued = started?.type === 'run.started' && started.due !== null;
    const flow = told.flow === 'greet' ? greet : undefined;
    const { limit = rules.limit, overflow = rules.overflow } = flow ?? {};
    const before = flow === undefined ? waiting.runs.size : waiting.ofFlow('greet');
    const binds = overflow === 'drop' || (overflow === 'error' && flow !== undefined);
    if (isQueued && binds && before >= limit + slots) return `${seq}: queued behind ${before}`;
    const events = waiting.events(own);
    if (isQueued && source.overflow === 'drop' && own.has(started.event)) {
      events.delete(started.event);
      if (events.size >= source.limit) return `${seq}: queued behind ${events.size} of its source`;
    }
    const isOfSource = type === 'event.dropped' && told.source === name;
    if (isOfSource && events.size < source.limit - slots) return `${seq}: its source had room`;
    const isLost = type === 'event.dropped' || told.code === 'queue.full';
    if (isLost && !isOfSource && (!binds || before < limit - slots)) return `${seq}: it had room`;
    waiting.hear(record);
  }
  return undefined;
}

interface Told {
  readonly flow?: string;
  readonly source?: string;
  readonly code?: string;
}
