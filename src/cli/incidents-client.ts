import type { IncidentWord } from '../coordination/incident-book.ts';
import type { Signalbox } from '../signalbox.ts';
import { SignalboxError } from '../std/errors.ts';
import {
  findIncident,
  type IncidentDetail,
  type IncidentPage,
  type IncidentQuery,
  readIncidents,
} from '../views/incident-view.ts';
import { seqOf } from '../views/log-reader.ts';
import type { HttpAsking } from './http-letters.ts';
import { ACTOR } from './local-letters.ts';

/** What a command does with incidents. Each method throws the code of its refusal. */
export interface IncidentsClient {
  list(query: IncidentQuery): Promise<IncidentPage>;
  find(id: string): Promise<IncidentDetail | undefined>;
  say(id: string, word: AskedWord): Promise<IncidentDetail>;
}

interface AskedWord {
  readonly verb: IncidentWord['verb'];
  readonly reason: string | undefined;
}

/** The incidents of a daemon. */
export function httpIncidents({ get, post, orUndefined }: HttpAsking): IncidentsClient {
  const pathOf = (id: string): string => `/incidents/${encodeURIComponent(id)}`;
  return {
    list: (query) => get('/incidents', { ...query }),
    find: (id) => orUndefined(get(pathOf(id))),
    say: (id, { verb, reason }) => post(`${pathOf(id)}/${verb}`, JSON.stringify({ reason })),
  };
}

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

/** That nothing has this id. */
export function unknownIncident(id: string): SignalboxError {
  const message = `There is no incident "${id}". List them with: signalbox incidents`;
  return new SignalboxError('incident.unknown', message);
}
