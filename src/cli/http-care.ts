import type { Client } from './client.ts';
import { type HttpAsking, httpLetters } from './http-letters.ts';
import { httpIncidents } from './http-incidents.ts';

/** What a person takes care of, at a daemon: dead letters and incidents. */
export function httpCare(asking: HttpAsking): Pick<Client, 'letters' | 'incidents'> {
  return { letters: httpLetters(asking), incidents: httpIncidents(asking) };
}
