import { resolve } from 'node:path';
import { checkArchive } from '../routing/retention/archive.ts';
import type { VerifyReport } from '../views/engine-view.ts';
import { SignalboxError } from '../std/errors.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import type { Globals } from './globals.ts';
import { count, printDocument } from './output.ts';
import { openProgress } from './progress-line.ts';

/** The flags of `verify`. */
export interface VerifyFlags extends Globals {
  readonly deep?: boolean | undefined;
  /** A file that retention wrote, instead of the log. */
  readonly archive?: string | undefined;
}

/**
 * Reads the whole log again and says whether it is complete, in order and unchanged, and whether
 * its sums hold. Exit code 76 where not.
 */
export async function verify(this: CliContext, flags: VerifyFlags): Promise<void> {
  if (flags.archive !== undefined) return verifyArchive(this, flags, flags.archive);
  const report = await readReport(this, flags);
  if (!report.ok) this.process.exitCode = EXIT.dataCorrupt;
  if (wantsJson(this, flags)) return printDocument(this.terminal, report);
  if (report.ok) return this.terminal.print(`${describe(report)}\n`);
  const { seq, reason } = report.first_bad ?? { seq: 0, reason: 'the log cannot be read' };
  const remedy = 'Stop the daemon, keep a copy of the data directory, and restore a backup.';
  this.terminal.note(`The log is damaged at event ${seq}: ${reason}. ${remedy}\n`);
}

/** Proves a file of the archive by itself: no log is needed, and none is opened. */
async function verifyArchive(context: CliContext, flags: Globals, file: string): Promise<void> {
  const report = await checkArchive(resolve(context.workingDirectory, file));
  if (!report.ok) context.process.exitCode = EXIT.dataCorrupt;
  if (wantsJson(context, flags)) return printDocument(context.terminal, report);
  const { log, first, last, records, sha256, reason } = report;
  if (reason !== null)
    return context.terminal.note(`${file} is not what was written: ${reason}.\n`);
  const held = `${count(records, 'event')} of log ${log}, ${first} to ${last}`;
  await context.terminal.print(`${held}, none missing, none changed. SHA-256: ${sha256}\n`);
}

async function readReport(context: CliContext, flags: VerifyFlags): Promise<VerifyReport> {
  const line = openProgress(context.terminal, context.clock);
  const progress = (done: number, all: number): void =>
    line.show(() => `${done} of ${count(all, 'event')}`);
  const { deep = false } = flags;
  try {
    return await using(await connect(context, flags), (client) =>
      client.verify({ deep, progress }),
    );
  } catch (error) {
    // A log too damaged to be opened is what was asked about, and so an answer.
    if (!(error instanceof SignalboxError) || error.code !== 'data.corrupt') throw error;
    return { events: 0, ok: false, first_bad: { seq: 0, reason: error.message }, sum: null };
  } finally {
    line.end();
  }
}

function describe(report: VerifyReport): string {
  const { events, trimmed = 0, erased = 0, chained = true, sum } = report;
  const unproven = 'PostgreSQL keeps no digests of them: a change in its place is not found.';
  const whole = [
    `${count(events, 'event')}, none missing${chained ? ', none changed' : ''}.`,
    ...(chained ? [] : [unproven]),
    ...(trimmed > 0 ? [`Those up to ${trimmed} were taken out, and the log proves it.`] : []),
    ...(erased > 0 ? [`Of ${count(erased, 'event')} the data was erased.`] : []),
  ].join(' ');
  if (sum === null) return whole;
  const { started, coalesced, filtered, dropped, unmatched, dead_lettered, waiting, ...runs } = sum;
  const matches = [
    `${started} started`,
    ...some(coalesced, 'taken together'),
    `${filtered} filtered`,
    ...some(dropped, 'dropped'),
    `${dead_lettered} dead lettered`,
    `${unmatched} unmatched`,
    `${waiting} waiting`,
  ];
  const ends = [
    `${runs.succeeded} succeeded`,
    `${runs.failed} failed`,
    `${runs.noop} with nothing to do`,
    ...(runs.declined > 0 ? [`${runs.declined} declined`] : []),
    ...(runs.cancelled > 0 ? [`${runs.cancelled} cancelled`] : []),
    ...(runs.compensated > 0 ? [`${runs.compensated} undone`] : []),
    ...(runs.compensation_stuck > 0 ? [`${runs.compensation_stuck} stuck`] : []),
    ...(runs.called > 0 ? [`${runs.called} of all called by others`] : []),
  ];
  return [whole, `Matches: ${matches.join(', ')}.`, `Runs: ${ends.join(', ')}.`].join('\n');
}

/** What most logs have none of is told only where there is any. */
function some(number: number, what: string): string[] {
  return number === 0 ? [] : [`${number} ${what}`];
}
