import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import type { Globals } from './globals.ts';
import { count, printDocument } from './output.ts';
import { openProgress } from './progress-line.ts';

/** The flags of `rebuild`. */
export interface RebuildFlags extends Globals {
  readonly check?: boolean | undefined;
}

/** Folds the whole log again and compares the stored rows. Exit code 76 where one differs. */
export async function rebuild(this: CliContext, flags: RebuildFlags): Promise<void> {
  if (flags.check !== true) {
    const message = 'This version compares and changes nothing: signalbox rebuild --check';
    throw new SignalboxError('usage.invalid', message);
  }
  const progress = openProgress(this.terminal, this.clock);
  const report = await using(await connect(this, flags), (client) =>
    client.rebuildCheck((done, all) => progress.show(() => `${done} of ${count(all, 'event')}`)),
  ).finally(() => progress.end());
  const { ok, events, runs, letters, differences } = report;
  if (!ok) this.process.exitCode = EXIT.dataCorrupt;
  if (wantsJson(this, flags)) return printDocument(this.terminal, report);
  if (ok) {
    const rows = `${count(runs, 'run')} and ${count(letters, 'dead letter')}`;
    return this.terminal.print(
      `${count(events, 'event')} folded: ${rows}, each as it is stored.\n`,
    );
  }
  for (const { field, row, folded, ...found } of differences) {
    const what = subjectOf(found);
    this.terminal.note(
      `${what}: ${field} is ${escapeText(row)}, the log says ${escapeText(folded)}\n`,
    );
  }
}

function subjectOf(found: object): string {
  const [[name, id] = ['row', '']] = Object.entries(found);
  return `${name === 'letter' ? 'dead letter' : name} ${String(id)}`;
}
