import { isUndoId } from '../flows/saga.ts';
import type { ShownState } from '../views/shown-state.ts';
import type { RunView } from '../views/run-view.ts';
import type { Client } from './client.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument } from './output.ts';
import { collect } from './pages.ts';
import { showRun } from './runs-show.ts';
import { formatSpan, toneOf } from './run-text.ts';
import { type Column, renderTable } from './table.ts';

/** The flags of `runs ls`. */
export interface RunsFlags extends Globals {
  readonly limit?: number | undefined;
  readonly flow?: string | undefined;
  readonly state?: ShownState | undefined;
  readonly correlation?: string | undefined;
}

const COUNT = 20;

/** Lists the latest runs, the newest first; with an id it shows that run. */
export async function listRuns(this: CliContext, flags: RunsFlags, id?: string): Promise<void> {
  if (id !== undefined) return showRun.call(this, flags, id);
  const runs = await using(await connect(this, flags), (client) => latest(client, flags));
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items: runs });
  if (runs.length === 0) return this.terminal.note('No runs.\n');
  await this.terminal.print(renderTable(runs, COLUMNS, this.terminal));
}

const COLUMNS: readonly Column<RunView>[] = [
  { head: 'RUN', cell: ({ id }) => id },
  { head: 'FLOW', cell: ({ flow }) => flow, shrinks: true },
  { head: 'STATE', cell: ({ state }) => state, tone: ({ state }) => toneOf(state) },
  { head: 'STEPS', cell: stepsDone, align: 'right' },
  { head: 'STARTED', cell: ({ started }) => formatTime(started) },
  { head: 'TOOK', cell: ({ started, ended }) => formatSpan(started, ended), align: 'right' },
  { head: 'REASON', cell: ({ reason }) => reason ?? '', shrinks: true },
];

function stepsDone({ steps }: RunView): string {
  const due = steps.filter(({ id, state }) => state !== 'skipped' && !isUndoId(id));
  return `${due.filter(({ state }) => state === 'succeeded').length}/${due.length}`;
}

function latest(client: Client, flags: RunsFlags): Promise<RunView[]> {
  const { flow, state, correlation } = flags;
  return collect(flags.limit ?? COUNT, (limit, before: string | undefined) =>
    client.runs({ limit, flow, state, correlation, before }),
  );
}
