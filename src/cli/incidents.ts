import type { IncidentWord } from '../coordination/incident-book.ts';
import type { IncidentDetail, IncidentQuery, IncidentView } from '../views/incident-view.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { unknownIncident } from './incidents-client.ts';
import { escapeLines, formatTime, printDocument } from './output.ts';
import { type Column, renderTable } from './table.ts';

/** The flags of `incidents ls`. */
export interface IncidentsFlags extends Globals, Pick<IncidentQuery, 'state' | 'limit'> {}

/** The flags of `incidents ack`, `resolve` and `false-alarm`. */
export interface IncidentWordFlags extends Globals {
  readonly reason?: string | undefined;
}

const COUNT = 20;

/** Lists incidents, newest first; with an id it shows that one. */
export async function listIncidents(
  this: CliContext,
  flags: IncidentsFlags,
  id?: string,
): Promise<void> {
  if (id !== undefined) return showIncident.call(this, flags, id);
  const { state, limit = COUNT } = flags;
  const page = await using(await connect(this, flags), (client) =>
    client.incidents.list({ state, limit }),
  );
  if (wantsJson(this, flags)) return printDocument(this.terminal, page);
  if (page.items.length === 0) {
    return this.terminal.note(state === undefined ? 'No incidents.\n' : `None is ${state}.\n`);
  }
  await this.terminal.print(renderTable(page.items, COLUMNS, this.terminal));
}

const COLUMNS: readonly Column<IncidentView>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'OPENED', cell: ({ opened }) => formatTime(opened) },
  { head: 'STATE', cell: ({ state }) => state.replace('_', ' ') },
  { head: 'LEVEL', cell: ({ level }) => level },
  { head: 'COUNT', cell: ({ count }) => String(count), align: 'right' },
  { head: 'SUBJECT', cell: ({ subject }) => subject, shrinks: true },
  { head: 'REASON', cell: ({ reason }) => reason, shrinks: true },
];

/** Shows an incident with its timeline. */
export async function showIncident(this: CliContext, flags: Globals, id: string): Promise<void> {
  const incident = await using(await connect(this, flags), (client) => client.incidents.find(id));
  if (incident === undefined) throw unknownIncident(id);
  if (wantsJson(this, flags)) return printDocument(this.terminal, incident);
  await this.terminal.print(textOf(incident));
}

/** The command by which a person says something about an incident. */
export function incidentWord(
  verb: IncidentWord['verb'],
): (this: CliContext, flags: IncidentWordFlags, id: string) => Promise<void> {
  return async function say(this: CliContext, flags, id) {
    const incident = await using(await connect(this, flags), (client) =>
      client.incidents.say(id, { verb, reason: flags.reason }),
    );
    if (wantsJson(this, flags)) return printDocument(this.terminal, incident);
    const { state, resolution_time } = incident;
    const after = resolution_time === null ? '' : `, after ${resolution_time}`;
    await this.terminal.print(`Incident ${incident.id} is ${state.replace('_', ' ')}${after}.\n`);
  };
}

function textOf({
  id,
  state,
  level,
  subject,
  reason,
  count,
  timeline,
  ...rest
}: IncidentDetail): string {
  const took = rest.resolution_time === null ? '' : `, over after ${rest.resolution_time}`;
  const lines = [
    `Incident ${id}: ${state.replace('_', ' ')}, ${level}${took}`,
    `Subject:  ${subject}`,
    `Reason:   ${reason}`,
    `Happened: ${count} ${count === 1 ? 'time' : 'times'}, first at ${formatTime(rest.opened)}`,
    '',
    ...timeline.map(({ at, type, level: graver, by, note, reason: why }) => {
      const said = [by === null ? why : `by ${by}`, note ?? ''].filter((each) => each !== '');
      const what = type.replace('incident.', '').padEnd(12);
      return `${formatTime(at)}  ${what}  ${graver}  ${said.join(': ')}`;
    }),
  ];
  return `${lines.map(escapeLines).join('\n')}\n`;
}
