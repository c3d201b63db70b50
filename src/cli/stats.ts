import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';
import { renderTable } from './table.ts';

/** Counts the events, what became of them, the runs by state, and what was not recorded as new. */
export async function stats(this: CliContext, flags: Globals): Promise<void> {
  const answer = await using(await connect(this, flags), (client) => client.stats());
  if (wantsJson(this, flags)) return printDocument(this.terminal, answer);
  const { events, as_of, dispositions, runs, lag, receipts } = answer;
  const rows = [
    ['events', events],
    ['  not routed yet', lag.router],
    [`matches up to ${as_of}`, ''],
    ...Object.entries(dispositions).map(([name, number]) => [`  ${words(name)}`, number] as const),
    ['runs', ''],
    ...Object.entries(runs).map(([name, number]) => [`  ${name}`, number] as const),
    ['not recorded since the start', ''],
    ...Object.entries(receipts).map(([name, number]) => [`  ${name}`, number] as const),
  ] as const;
  const columns = [
    { head: 'COUNT', cell: ([name]: (typeof rows)[number]) => name },
    { head: '', cell: ([, number]: (typeof rows)[number]) => number.toLocaleString('en'), align: 'right' },
  ] as const;
  await this.terminal.print(renderTable(rows, columns, this.terminal));
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}
