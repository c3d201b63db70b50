import type { Signalbox } from '../signalbox.ts';
import { SignalboxError } from '../std/errors.ts';
import { findIncident, readIncidents } from '../views/incident-view.ts';
import { seqOf } from '../views/log-reader.ts';
import { type IncidentsClient, unknownIncident } from './incidents-client.ts';
import { ACTOR } from './local-letters.ts';

/** The incidents of a log that the command itself holds. */
export function localIncidents(box: Signalbox): IncidentsClient {
  const { store } = box;
  return {
    list: (query) => readIncidents(store, query),
    find: (id) => findIncident(store, id),
    async say(id, { verb, reason: note = null }) {
      const seq = seqOf(store.identity, id);
      if (seq === undefined) throw unknownIncident(id);
      const taken = await box.incidents.say(seq, { verb, by: ACTOR, note });
      if (taken.kind === 'refused') throw new SignalboxError(taken.code, taken.message);
      const incident = await findIncident(store, id);
      if (incident === undefined) throw unknownIncident(id);
      return incident;
    },
  };
}
