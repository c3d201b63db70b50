import type { AdvanceWrite, OpenWrite } from '../store/contract.ts';
import { ownRecord } from '../store/record.ts';
import { born, evolve, type Run } from './evolve.ts';
import {
  encodeJournal,
  endsRun,
  type JournalEvent,
  recordType,
  type RunStarted,
} from './journal.ts';
import { runLetter } from './letter.ts';
import { marked } from './interactive.ts';
import type { Motion } from './motion.ts';

/** A record that moves a run on, with the row that it makes of it, before it is written. */
export interface Transition {
  readonly motion: Motion;
  readonly entry: JournalEvent;
  readonly row: Run;
  readonly write: AdvanceWrite;
}

/** A run's next record, and its row behind it. */
export function transition(motion: Motion, entry: JournalEvent, received: number): Transition {
  const { id, run, version } = motion;
  const row = evolve(run, entry, received);
  const cause = { correlation: row.correlation, causation: id, hops: row.hops };
  const type = recordType(entry, run.branch !== null);
  const own = ownRecord(type, encodeJournal(entry), received, cause);
  const told = tellsFlow(entry) ? { ...own, subject: motion.flow.name } : own;
  // Whoever answers how the run has ended asks as the run did.
  const record = endsRun(entry) ? marked(told, motion) : told;
  const write: AdvanceWrite = {
    kind: 'advance',
    run: id,
    expectedVersion: version,
    expectedEpoch: run.epoch,
    record,
    row,
  };
  const letter = runLetter(id, run, entry);
  const besides = {
    ...(letter === undefined ? {} : { letter }),
    ...(row.catalog === run.catalog ? {} : { catalog: row.catalog }),
  };
  return { motion, entry, row, write: { ...write, ...besides } };
}

/** What other flows answer: whose run it was stands in the record, as its subject. */
function tellsFlow(entry: JournalEvent): boolean {
  return endsRun(entry) || entry.type === 'step.unknown' || entry.type === 'run.stuck';
}

/** The transition is durable at `seq`. */
export function took({ motion, entry, row, write }: Transition, seq: number): void {
  const { received, data } = write.record;
  motion.moved(entry, row, { seq, received, length: data.length });
}

/** A run that another one opens, before it is written. */
export interface Birth {
  readonly row: Run;
  readonly write: OpenWrite;
}

/** The first record of a run that another one opens, and its row. */
export function birth(opener: Motion, entry: RunStarted, hops: number, received: number): Birth {
  const { correlation } = opener.run;
  const row = born(entry, { received, correlation, hops });
  const type = recordType(entry, row.branch !== null);
  const cause = { correlation, causation: opener.id, hops };
  const record = ownRecord(type, encodeJournal(entry), received, cause);
  return { row, write: { kind: 'open', record, row } };
}
