import type { IncidentWord } from '../coordination/incident-book.ts';
import { SignalboxError } from '../std/errors.ts';
import type { IncidentDetail, IncidentPage, IncidentQuery } from '../views/incident-view.ts';

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

/** That nothing has this id. */
export function unknownIncident(id: string): SignalboxError {
  const message = `There is no incident "${id}". List them with: signalbox incidents`;
  return new SignalboxError('incident.unknown', message);
}
