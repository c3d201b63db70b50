import type { SourceView } from '../sources/supervised-source.ts';
import { formatDuration } from '../std/duration.ts';
import { connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument } from './output.ts';
import { type Column, renderTable, type Tone } from './table.ts';

/** Lists the sources of the running daemon; without one it throws `daemon.absent`. */
export async function listSources(this: CliContext, flags: Globals): Promise<void> {
  const client = await connectToDaemon(this, flags);
  const sources = await using(client, () => client.sources());
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items: sources });
  if (sources.length === 0) return this.terminal.note('No sources; name some under "sources:".\n');
  await this.terminal.print(renderTable(sources, COLUMNS, this.terminal));
}

const COLUMNS: readonly Column<SourceView>[] = [
  { head: 'SOURCE', cell: ({ name }) => name },
  { head: 'STATE', cell: ({ state }) => state, tone: ({ state }) => toneOf(state) },
  { head: 'LAST EVENT', cell: ({ last_event: last }) => (last === null ? '' : formatTime(last)) },
  { head: 'LAG', cell: ({ lag }) => (lag === 0 ? '' : formatDuration(lag)), align: 'right' },
  { head: 'WAITING', cell: waitingOf, align: 'right' },
  { head: 'HANDLERS', cell: ({ handlers }) => handlers.join(', '), shrinks: true },
  { head: 'ERROR', cell: ({ error }) => error ?? '', shrinks: true },
];

/** How much of it waits, of how much may. */
function waitingOf({ waiting, limit }: SourceView): string {
  return limit === null ? '' : `${waiting}/${limit}`;
}

function toneOf(state: SourceView['state']): Tone {
  if (state === 'running') return 'good';
  return state === 'starting' ? 'busy' : 'bad';
}
