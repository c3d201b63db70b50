import { readLine } from '../../../events/event-log/line.ts';
import type { Emission } from '../../../runs/step-kind.ts';
import { type Json, parseJson } from '../../../std/json.ts';
import type { Logged } from '../../command-result.ts';
import { shown } from '../../written-value.ts';

/** Events that one call may emit. */
export const EVENTS_MAX = 1_000;

/** What a call wrote into its event log, in order, and what is wrong with that. */
export interface LoggedEvents {
  readonly events: readonly Emission[];
  /** As the end of a sentence about the tool. */
  readonly problem?: string;
}

/** The events of a call's own event log, up to what cannot be read. */
export function loggedEvents(logged: Logged): LoggedEvents {
  if (logged === 'too much') return { events: [], problem: 'wrote more events than may be kept' };
  const events: Emission[] = [];
  for (const line of logged.text.split('\n')) {
    const said = readLine(line);
    if (said.kind === 'blank') continue;
    if (said.kind !== 'event') {
      const why = said.kind === 'own' ? 'Signalbox itself records such events.' : said.reason;
      return { events, problem: `wrote "${shown(line)}" into its event log: ${why}` };
    }
    if (events.length === EVENTS_MAX) {
      return { events: [], problem: `wrote more than ${EVENTS_MAX} events` };
    }
    const { type, subject, data } = said.event;
    const value: Json = parseJson(data);
    events.push({ type, data: value, ...(subject !== undefined && { subject }) });
  }
  return { events };
}
