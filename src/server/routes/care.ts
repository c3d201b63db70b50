import { z } from 'zod';
import { SignalboxError } from '../../std/errors.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { readBody } from '../body.ts';
import type { Route, RouteContext } from '../route.ts';

const BACKUP = z.strictObject({ file: z.string({ error: 'must be a text' }).min(1).max(4_000) });

/** The routes that care for the store itself. */
export function careRoutes({ box }: RouteContext): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/backup',
      needs: 'token',
      summary: 'Copies the store into "file", an absolute path on the daemon\'s machine.',
      handle: (request) => box.care.backup(readBody(BACKUP, request).value.file).catch(refuse),
    },
  ];
}

const STATUSES: ReadonlyMap<string, number> = new Map([
  ['backup.exists', 409],
  ['backup.failed', 422],
  ['care.not_supported', 501],
]);

function refuse(error: unknown): never {
  const status = error instanceof SignalboxError ? STATUSES.get(error.code) : undefined;
  if (!(error instanceof SignalboxError) || status === undefined) throw error;
  throw new HttpError(error.code, error.message, { status, cause: error });
}
