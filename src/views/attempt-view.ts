import { decodeJournal, type Intent, type JournalEvent } from '../runs/journal.ts';
import type { StepError } from '../runs/step-kind.ts';
import type { LogRecord } from '../store/contract.ts';
import type { RunCompensating } from '../runs/undo-records.ts';

/** One attempt at a step, as the records of its run tell it. Times are ISO 8601. */
export interface AttemptView {
  /** Counts from 1. What a daemon that stopped in order left is begun again under its number. */
  readonly attempt: number;
  readonly started: string;
  /** Null while it is under way, and where nobody knows when it ended. */
  readonly ended: string | null;
  readonly outcome: AttemptOutcome;
  readonly error: StepError | null;
}

/**
 * What became of an attempt: under way, put off until a time, done, done with nothing to do,
 * failed, cut short by the end of its daemon, or perhaps done, which a person must find out.
 */
export type AttemptOutcome =
  | 'running'
  | 'waiting'
  | 'succeeded'
  | 'noop'
  | 'failed'
  | 'interrupted'
  | 'unknown';

/**
 * The attempts at each step of a run, by the step's path, in the order in which they began. Records
 * of a type that this version does not know are passed over. Never throws.
 */
export function attemptsOf(records: readonly LogRecord[]): Map<string, readonly AttemptView[]> {
  const attempts = new Attempts();
  for (const record of records) {
    const entry = decodeJournal(record);
    if (entry !== undefined) attempts.note(entry, new Date(record.received).toISOString());
  }
  return attempts.byPath;
}

class Attempts {
  readonly byPath = new Map<string, AttemptView[]>();

  note(entry: JournalEvent, time: string): void {
    switch (entry.type) {
      case 'run.started':
        return entry.due === null ? this.#intend(entry, time) : undefined;
      case 'step.started':
        this.#end(entry.at, { outcome: 'interrupted' });
        return this.#intend(entry, time);
      case 'step.completed':
        this.#end(entry.at, { outcome: 'succeeded', ended: time });
        return this.#intend(entry.next, time);
      case 'step.failed':
        this.#end(entry.at, { outcome: 'failed', error: entry.error, ended: time });
        return this.#intend(entry.next, time);
      case 'step.waiting':
      case 'step.awaited':
        return this.#end(entry.at, { outcome: 'waiting' });
      case 'step.unknown':
        return this.#end(entry.at, { outcome: 'unknown', error: entry.error, ended: time });
      case 'run.noop':
        return this.#end(entry.at, { outcome: 'noop', ended: time });
      case 'run.succeeded':
        return this.#succeed(entry, time);
      case 'step.parked':
      case 'run.paused':
        return this.#takeBack(entry.at);
      case 'run.compensating':
        this.#stop(entry, time);
        return this.#intend(entry.next, time);
      case 'run.compensated':
        return this.#end(entry.at, { outcome: 'succeeded', ended: time });
      case 'run.stuck':
        return entry.failed === undefined
          ? this.#end(entry.at, { outcome: 'succeeded', ended: time })
          : this.#end(entry.at, { outcome: 'failed', error: entry.failed.error, ended: time });
      case 'step.proposed':
      case 'run.declined':
      case 'step.returned':
      case 'run.cancelled':
      case 'run.retried':
        return this.#end(entry.at, { outcome: 'interrupted', ended: time });
      case 'step.retrying':
      case 'run.failing':
      case 'run.failed':
        return this.#end(entry.at, { outcome: 'failed', error: entry.error, ended: time });
      case 'step.approved':
        return entry.due === null ? this.#intend({ at: entry.at, attempt: 1 }, time) : undefined;
      case 'run.moved':
        return entry.anew === true
          ? this.#end(entry.at, { outcome: 'interrupted', ended: time })
          : undefined;
      case 'step.forked':
      case 'run.resumed':
        return undefined;
    }
  }

  #succeed(entry: Extract<JournalEvent, { type: 'run.succeeded' }>, time: string): void {
    if (entry.skipped === true) return;
    const { at, error } = entry;
    if (error === undefined) this.#end(at, { outcome: 'succeeded', ended: time });
    else this.#end(at, { outcome: 'failed', error, ended: time });
  }

  /** An intent that counts no attempt is begun by a record of its own. */
  #intend({ at, attempt }: Intent, started: string): void {
    if (attempt === 0) return;
    const all = this.byPath.get(at) ?? [];
    all.push({ attempt, started, ended: null, outcome: 'running', error: null });
    this.byPath.set(at, all);
  }

  /** An attempt that was intended, and had called nothing when it was put off or held. */
  #takeBack(at: string): void {
    const all = this.byPath.get(at);
    if (all?.at(-1)?.outcome === 'running') all.pop();
  }

  /** The attempt under way failed, or was broken off. */
  #stop({ at, error }: RunCompensating, ended: string): void {
    if (error === undefined) this.#end(at, { outcome: 'interrupted', ended });
    else this.#end(at, { outcome: 'failed', error, ended });
  }

  #end(at: string, end: Partial<AttemptView>): void {
    const all = this.byPath.get(at);
    const last = all?.at(-1);
    if (all === undefined || last === undefined) return;
    if (last.outcome === 'running' || last.outcome === 'waiting') {
      all[all.length - 1] = { ...last, ...end };
    }
  }
}
