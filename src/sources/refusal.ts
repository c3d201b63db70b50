import { HttpError, retryAfter } from '../std/http/http-error.ts';
import type { Offered } from './source.ts';

/** Why an event is not in the log, as an answer. */
export function refusalOf(result: Exclude<Offered, { kind: 'accepted' }>): HttpError {
  switch (result.kind) {
    case 'invalid':
      return new HttpError('event.invalid', result.problem, { status: 400 });
    case 'conflict': {
      const { id, seq } = result;
      const message = `The id "${id}" has other content in the log, as seq ${seq}; give a new id.`;
      return new HttpError('event.conflict', message, { status: 409, details: { id, seq } });
    }
    case 'refused':
      return cannotRecord(result);
  }
}

/** When to come again after the disk was full. */
const FULL_RETRY_MS = 5_000;

interface FullDisk extends ErrorOptions {
  readonly retryAfterMs?: number;
}

/** The answer where the disk is full. */
export function diskFull(
  message: string,
  { retryAfterMs = FULL_RETRY_MS, ...options }: FullDisk = {},
): HttpError {
  const headers = retryAfter(retryAfterMs);
  return new HttpError('store.full', message, { status: 507, headers, ...options });
}

type Refused = Extract<Offered, { kind: 'refused' }>;

const AGAIN = 'Send it again after Retry-After.';

function cannotRecord({ reason, retryAfterMs }: Refused): HttpError {
  const headers = retryAfter(retryAfterMs);
  switch (reason) {
    case 'disk_full': {
      const message = 'The disk is full, so nothing was recorded; free some space.';
      return diskFull(message, { retryAfterMs });
    }
    case 'queue_full': {
      const message = 'As much waits as "queue_limit" allows, so nothing was recorded.';
      return new HttpError('queue.full', `${message} ${AGAIN}`, { status: 429, headers });
    }
    case 'source_full': {
      const message = 'As many events of this source wait as its "queue_limit" allows.';
      return new HttpError('source.full', `${message} ${AGAIN}`, { status: 429, headers });
    }
    case 'queue_stalled': {
      const message = 'Events have waited too long to be routed, so nothing was recorded.';
      return new HttpError('queue.stalled', `${message} ${AGAIN}`, { status: 429, headers });
    }
    case 'busy': {
      const message = 'Too much waits to be recorded; send it again.';
      return new HttpError('server.busy', message, { status: 503, headers });
    }
    case 'stopping': {
      const message = 'The daemon is stopping, so nothing was recorded; send it again.';
      return new HttpError('server.stopping', message, { status: 503, headers });
    }
  }
}
