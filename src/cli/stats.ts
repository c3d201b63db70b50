import type { Receipts } from '../routing/receipts.ts';
import type { StorageView } from '../routing/retention/retention.ts';
import type { Stats } from '../views/engine-view.ts';
import { formatDuration } from '../std/duration.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';
import { type Column, renderTable } from './table.ts';

/** Counts the events, what became of them, the runs by state, and what was not recorded as new. */
export async function stats(this: CliContext, flags: Globals): Promise<void> {
  const answer = await using(await connect(this, flags), (client) => client.stats());
  if (wantsJson(this, flags)) return printDocument(this.terminal, answer);
  await this.terminal.print(renderTable(rowsOf(answer), COLUMNS, this.terminal));
}

/** A heading has no number. */
type Row = readonly [name: string, number: number | undefined];

const COLUMNS: readonly Column<Row>[] = [
  { head: 'COUNT', cell: ([name]) => name },
  { head: '', cell: ([, number]) => number?.toLocaleString('en') ?? '', align: 'right' },
];

function rowsOf(answer: Stats): Row[] {
  const { events, as_of, dispositions, runs, queue, lag, receipts, storage } = answer;
  const { sources, ...all } = receipts;
  return [
    ['events', events],
    ['  the router is behind by', lag.router],
    [`matches up to ${as_of}`, undefined],
    ...partsOf(dispositions),
    ['runs', undefined],
    ...partsOf(runs),
    ...queue.map(({ flow, depth, age_ms }): Row => [
      `    of ${flow} queued, for up to ${formatDuration(age_ms)}`,
      depth,
    ]),
    ['came and was no new event', undefined],
    ...partsOf(all),
    ...Object.entries(sources).flatMap(([source, counts]) => sourceRows(source, counts)),
    ...storageRows(storage),
  ];
}

function storageRows({ used, budget, trimmed }: StorageView): Row[] {
  if (used === null) return [];
  return [
    ['bytes in use', used],
    ...(budget === null ? [] : [['  of at most', budget] as const]),
    ...(trimmed === 0 ? [] : [['  events taken out, the last', trimmed] as const]),
  ];
}

/** What of a source's counts is not zero. */
function sourceRows(source: string, counts: Receipts): Row[] {
  return Object.entries(counts).flatMap(([name, number]): Row[] =>
    number === 0 ? [] : [[`    ${name} of ${source}`, number]],
  );
}

function partsOf(parts: Readonly<Record<string, number>>): Row[] {
  return Object.entries(parts).map(([name, number]) => [`  ${name.replaceAll('_', ' ')}`, number]);
}
