import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRequestId, REQUEST_ID } from '../std/http/request-ids.ts';
import { knownCaller } from './caller.ts';

/** What is known of a request before anybody has looked at it. */
export interface Naming<Verdict> {
  /** What it is called, unless somebody whom we know calls it otherwise. */
  readonly id: string;
  /** Finds out who sent it. */
  readonly judge: () => Verdict;
}

/**
 * Gives a request its id, as the header that everything behind it reads, and as one of its answer.
 * The id that it came with counts only where `judge` has found a caller: nobody else writes into
 * our logs.
 */
export function nameRequest<Verdict>(
  request: IncomingMessage,
  response: ServerResponse,
  { id, judge }: Naming<Verdict>,
): Verdict {
  const { headers } = request;
  const given = headers[REQUEST_ID];
  headers[REQUEST_ID] = id;
  const verdict = judge();
  if (isRequestId(given) && knownCaller(request) !== undefined) headers[REQUEST_ID] = given;
  response.setHeader(REQUEST_ID, headers[REQUEST_ID]);
  return verdict;
}
