import type { TimerView } from '../views/timer-view.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument } from './output.ts';
import { type Column, renderTable } from './table.ts';

/** The flags of `timers ls`. */
export interface TimersFlags extends Globals {
  readonly limit?: number | undefined;
}

const LIMIT = 20;

/** Lists what is due at a time, the earliest first, and what else ends its rest. */
export async function listTimers(this: CliContext, flags: TimersFlags): Promise<void> {
  const { limit = LIMIT } = flags;
  const timers = await using(await connect(this, flags), (client) => client.timers(limit));
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items: timers });
  if (timers.length === 0) return this.terminal.note('Nothing is due at a time.\n');
  await this.terminal.print(renderTable(timers, COLUMNS, this.terminal));
}

const COLUMNS: readonly Column<TimerView>[] = [
  { head: 'DUE', cell: ({ due }) => formatTime(due) },
  { head: 'KIND', cell: ({ kind }) => kind },
  { head: 'FLOW', cell: ({ flow }) => flow },
  { head: 'RUN', cell: ({ run }) => run ?? '' },
  { head: 'ABOUT', cell: ({ about }) => about ?? '', shrinks: true },
];
