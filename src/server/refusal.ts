import type { Refusal } from '../runs/repair-rules.ts';
import type { EmitResult } from '../signalbox.ts';
import { SignalboxError } from '../std/errors.ts';
import { HttpError, retryAfter } from './http-error.ts';

/** Why an event is not in the log, as an answer. */
export function refusalOf(result: Exclude<EmitResult, { kind: 'accepted' }>): HttpError {
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

/** A person's decision about a run or a dead letter that was refused, as an answer. */
export function problemOf({ code, message }: Refusal): HttpError {
  if (code === 'store.full') return diskFull(message);
  const headers = code === 'run.busy' ? retryAfter(RETRY_MS) : {};
  return new HttpError(code, message, { status: STATUSES.get(code) ?? 409, headers });
}

/** Refuses what a full disk kept from being recorded, and throws every other error on. */
export function refuseFullDisk(error: unknown): never {
  if (!(error instanceof SignalboxError) || error.code !== 'data.unusable') throw error;
  throw diskFull(error.message, { cause: error });
}

/** Refuses what names nothing that there is, and throws every other error on. */
export function refuseUnknown(error: unknown): never {
  if (!(error instanceof SignalboxError) || !error.code.endsWith('.unknown')) throw error;
  throw new HttpError(error.code, error.message, { status: 404, cause: error });
}

/** When to come again after the disk was full, or a run was too quick. */
const RETRY_MS = 5_000;

const STATUSES: ReadonlyMap<string, number> = new Map([
  ['letter.unknown', 404],
  ['run.unknown', 404],
  ['event.invalid', 400],
  ['repair.invalid', 400],
]);

interface FullDisk extends ErrorOptions {
  readonly retryAfterMs?: number;
}

function diskFull(
  message: string,
  { retryAfterMs = RETRY_MS, ...options }: FullDisk = {},
): HttpError {
  const headers = retryAfter(retryAfterMs);
  return new HttpError('store.full', message, { status: 507, headers, ...options });
}

type Refused = Extract<EmitResult, { kind: 'refused' }>;

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
