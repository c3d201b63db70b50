import { formatDuration } from '../std/duration.ts';
import type { Disposition } from '../views/disposition.ts';
import type { EventDetail, Stage } from '../views/event-view.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { outcomeOf } from './event-text.ts';
import type { Globals } from './globals.ts';
import { describePairs, formatTime, indent, printDocument, toJsonLines } from './output.ts';
import { between } from './run-text.ts';
import { shownCommand } from './shown-command.ts';
import { type Column, renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';
import { unknownId } from './unknown-id.ts';

/** The first record of a run, whose id is the run's. */
const RUN_BEGINS = 'run.started';

/** Shows one event: its attributes, its data, its way stage by stage, and what became of it. */
export async function showEvent(this: CliContext, flags: Globals, id: string): Promise<void> {
  const event = await using(await connect(this, flags), (client) => client.event(id));
  if (event === undefined) throw unknownId('event', id);
  if (wantsJson(this, flags)) return printDocument(this.terminal, event);
  await this.terminal.print(describe(event, this.terminal));
  if (event.type !== RUN_BEGINS) return;
  this.terminal.note(`It begins a run; see: ${shownCommand(this, flags, 'runs', 'show', id)}\n`);
}

function describe(event: EventDetail, terminal: Terminal): string {
  const { id, type, source, subject, seq, time, received, correlationid, causationid } = event;
  const lines = [
    ...describePairs([
      ['event', id],
      ['type', type],
      ['source', source],
      ['choreography', ruleOf(event)],
      ['subject', subject],
      ['number', String(seq)],
      ['time', time === received ? null : time],
      ['received', formatTime(received)],
      ['chain', correlationid === id ? null : correlationid],
      ['caused by', causationid],
      ['outcome', outcomeOf(event)],
    ]),
    '',
    'data',
    ...indent(toJsonLines(event.data)),
    '',
    'way',
  ];
  return `${lines.join('\n')}\n${describeWay(event, terminal)}${describeFate(event, terminal)}`;
}

/** The rule of a choreography that the event is an answer of, as the engine has noted it. */
function ruleOf(event: EventDetail): string | null {
  const { choreography, rule } = event as {
    readonly choreography?: string;
    readonly rule?: string;
  };
  if (!event.source.startsWith('flow:') || choreography === undefined) return null;
  return `${choreography}, rule ${rule ?? '?'}`;
}

function describeWay({ way, received }: EventDetail, terminal: Terminal): string {
  const columns: readonly Column<Stage>[] = [
    { head: '', cell: () => '' },
    { head: 'AFTER', cell: ({ time }) => sinceReceived(received, time), align: 'right' },
    { head: 'STAGE', cell: ({ stage }) => stage },
    { head: 'FLOW', cell: ({ flow, hook = '' }) => flow ?? hook, shrinks: true },
    { head: 'STEP', cell: ({ step = '' }) => step, shrinks: true },
    { head: 'RUN', cell: ({ run = '' }) => run },
  ];
  return renderTable(way, columns, terminal);
}

function sinceReceived(received: string, time: string | null): string {
  return time === null ? '' : formatDuration(between(received, time));
}

function describeFate({ disposition }: EventDetail, terminal: Terminal): string {
  if (disposition.length === 0) return '';
  const columns: readonly Column<Disposition>[] = [
    { head: '', cell: () => '' },
    { head: 'FLOW', cell: ({ flow }) => flow, shrinks: true },
    { head: 'OUTCOME', cell: ({ outcome }) => outcome },
    { head: 'RUN', cell: ({ run }) => run ?? '' },
    { head: 'REASON', cell: ({ reason }) => reason ?? '', shrinks: true },
  ];
  return `\nflows\n${renderTable(disposition, columns, terminal)}`;
}
