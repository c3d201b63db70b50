import { excerpt } from '../flows/cel/messages.ts';
import type { PastEvent } from '../views/history.ts';
import type { Client } from './client.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument } from './output.ts';
import { type Column, renderTable } from './table.ts';

/** The flags of `history`. */
export interface HistoryFlags extends Globals {
  readonly limit?: number | undefined;
}

const COUNT = 20;
const PAGE_LIMIT = 1_000;

/** Lists events, newest first, with what became of each and why. */
export async function history(this: CliContext, flags: HistoryFlags): Promise<void> {
  const { limit = COUNT } = flags;
  const items = await using(await connect(this, flags), (client) => latest(client, limit));
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

async function latest(client: Client, limit: number): Promise<PastEvent[]> {
  const found: PastEvent[] = [];
  let before: number | undefined;
  while (found.length < limit) {
    const size = Math.min(PAGE_LIMIT, limit - found.length);
    const { items, next } = await client.history({ limit: size, before });
    found.push(...items);
    if (next === null) break;
    before = next;
  }
  return found;
}
