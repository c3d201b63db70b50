import { excerpt } from '../flows/cel/messages.ts';
import type { PastEvent } from '../views/history.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument } from './output.ts';
import { collect } from './pages.ts';
import { type Column, renderTable } from './table.ts';

/** The flags of `history`. */
export interface HistoryFlags extends Globals {
  readonly limit?: number | undefined;
}

const COUNT = 20;

/** Lists events, newest first, with what became of each and why. */
export async function history(this: CliContext, flags: HistoryFlags): Promise<void> {
  const items = await using(await connect(this, flags), (client) =>
    collect(flags.limit ?? COUNT, (limit, before: number | undefined) =>
      client.history({ limit, before }),
    ),
  );
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items });
  if (items.length === 0) return this.terminal.note('No events.\n');
  await this.terminal.print(renderTable(items, COLUMNS, this.terminal));
}

/** How much of a type or a source is shown. */
const WORD_SHOWN_MAX = 40;

/** What became of an event is what is asked for: it may take more than a line, and is not cut. */
const COLUMNS: readonly Column<PastEvent>[] = [
  { head: 'RECEIVED', cell: ({ time }) => formatTime(time) },
  { head: 'ID', cell: ({ id }) => id },
  { head: 'TYPE', cell: ({ type }) => excerpt(type, WORD_SHOWN_MAX) },
  { head: 'SOURCE', cell: ({ source }) => excerpt(source, WORD_SHOWN_MAX) },
  { head: 'WHAT BECAME OF IT', cell: ({ fate }) => fate },
];
