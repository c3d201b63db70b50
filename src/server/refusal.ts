import { diskFull } from '../sources/refusal.ts';
import { SignalboxError } from '../std/errors.ts';
import { HttpError, retryAfter } from '../std/http/http-error.ts';

/** Why something is not done that a person has decided. */
interface Refused {
  readonly kind: 'refused';
  readonly code: string;
  readonly message: string;
}

/** A person's decision that was refused, as an answer: 409 where nothing says better. */
export function problemOf({ code, message }: Refused): HttpError {
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

/** When to come again after a run was too quick. */
const RETRY_MS = 5_000;

const STATUSES: ReadonlyMap<string, number> = new Map([
  ['incident.unknown', 404],
  ['letter.unknown', 404],
  ['run.unknown', 404],
  ['event.invalid', 400],
  ['repair.invalid', 400],
  ['token.invalid', 400],
  ['token.unknown', 404],
]);
