import type { Event } from '../events/event.ts';
import type { EventView } from '../views/event-view.ts';
import type { Client } from './client.ts';
import { connect, connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { eventLine, outcomeOf } from './event-text.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument, printJsonLine } from './output.ts';
import { collect } from './pages.ts';
import { parseSince } from './since.ts';
import { type Column, renderTable } from './table.ts';

/** The flags of `events ls`. */
export interface EventsFlags extends Globals {
  readonly type?: string | undefined;
  readonly since?: string | undefined;
  readonly follow?: boolean | undefined;
}

/** How many events are listed where nobody says how many. */
const COUNT = 20;
/** With `--since` alone: as many as fit a screen's patience and this process's memory. */
const COUNT_SINCE = 10_000;

/** Lists the latest events, the newest last, and with `--follow` goes on with those that come. */
export async function listEvents(
  this: CliContext,
  flags: EventsFlags,
  number?: number,
): Promise<void> {
  const { since, type, follow = false } = flags;
  const from = since === undefined ? undefined : parseSince(since, this.clock.now());
  const limit = number ?? (from === undefined ? COUNT : COUNT_SINCE);
  const client = follow ? await connectToDaemon(this, flags) : await connect(this, flags);
  await using(client, async () => {
    if (follow) return followEvents(this, flags, { client, limit, from });
    const events = await latest(client, { limit, type, from });
    if (wantsJson(this, flags)) return printDocument(this.terminal, { items: events });
    if (events.length === 0) return this.terminal.note('No events.\n');
    return this.terminal.print(renderTable(events, COLUMNS, this.terminal));
  });
}

const COLUMNS: readonly Column<EventView>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'RECEIVED', cell: ({ received }) => formatTime(received) },
  { head: 'TYPE', cell: ({ type }) => type, shrinks: true },
  { head: 'SOURCE', cell: ({ source }) => source, shrinks: true },
  { head: 'SUBJECT', cell: ({ subject }) => subject ?? '', shrinks: true },
  { head: 'OUTCOME', cell: outcomeOf },
];

interface Selection {
  readonly limit: number;
  readonly type: string | undefined;
  /** Milliseconds since 1970. */
  readonly from: number | undefined;
}

/** The latest events that are wanted, oldest first. */
async function latest(client: Client, { limit, type, from = 0 }: Selection): Promise<EventView[]> {
  const found = await collect(limit, async (size, before: number | undefined) => {
    const { items, next } = await client.events({ newest: true, limit: size, type, before });
    const wanted = items.filter(({ received }) => Date.parse(received) >= from);
    return { items: wanted, next: wanted.length < items.length ? null : next };
  });
  return found.toReversed();
}

interface Following {
  readonly client: Client;
  readonly limit: number;
  readonly from: number | undefined;
}

async function followEvents(
  context: CliContext,
  flags: EventsFlags,
  { client, limit, from }: Following,
): Promise<void> {
  const { terminal } = context;
  const { type } = flags;
  const json = wantsJson(context, flags);
  const show = (event: Event): Promise<void> =>
    json ? printJsonLine(terminal, event) : terminal.print(`${eventLine(event)}\n`);
  const { events: head } = await client.stats();
  const begun = await latest(client, { limit, type, from });
  for (const event of begun) await show(event);
  const after = Math.max(head, begun.at(-1)?.seq ?? 0);
  for await (const event of client.follow({ after, type })) {
    await show(event);
    if (!terminal.open) return;
  }
  terminal.note('The daemon stopped.\n');
}
