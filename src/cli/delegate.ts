import type { DelegationView } from './client.ts';
import { connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument } from './output.ts';
import { type Column, renderTable } from './table.ts';
import { SignalboxError } from '../std/errors.ts';

/** The flags of `proposals delegate`. */
export interface DelegateFlags extends Globals {
  readonly until?: string | undefined;
  readonly from?: string | undefined;
  readonly end?: boolean | undefined;
}

/** Has somebody decide in a person's place, ends that, or (without a name) lists who does. */
export async function delegate(this: CliContext, flags: DelegateFlags, to?: string): Promise<void> {
  const { until, from, end = false } = flags;
  if (to !== undefined && (until === undefined || end)) {
    throw new SignalboxError('usage.invalid', 'Say for how long: --until 2d. --end takes no name.');
  }
  const client = await connectToDaemon(this, flags);
  const items = await using(client, ({ proposals }) => {
    if (to === undefined && !end) return proposals.delegations();
    return proposals.delegate({ to: to ?? null, until, from });
  });
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items });
  if (items.length === 0) return this.terminal.note('Nobody decides for somebody else.\n');
  await this.terminal.print(renderTable(items, COLUMNS, this.terminal));
}

const COLUMNS: readonly Column<DelegationView>[] = [
  { head: 'FOR', cell: ({ from }) => from },
  { head: 'DECIDES', cell: ({ to }) => to },
  { head: 'UNTIL', cell: ({ until }) => formatTime(until) },
  { head: 'SAID BY', cell: ({ by }) => by },
];
