import { z } from 'zod';
import { HttpError } from '../../std/http/http-error.ts';
import { readBody } from '../body.ts';
import { refuseFullDisk } from '../refusal.ts';
import { attributionOfCaller } from '../caller.ts';
import { idOf, type Route, type RouteContext } from '../route.ts';

const BACKUP = z.strictObject({ file: z.string({ error: 'must be a text' }).min(1).max(4_000) });

const ERASE = z.strictObject({
  reason: z.string({ error: 'must be a text' }).max(1_000).optional(),
});

/** The routes that care for the store itself. */
export function careRoutes({ box }: RouteContext): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/backup',
      needs: 'administer',
      body: BACKUP,
      summary: 'Copies the store into "file", an absolute path on the daemon\'s machine.',
      handle: (request) => box.care.backup(readBody(BACKUP, request).value.file).catch(refuse),
    },
    {
      method: 'POST',
      path: '/api/v1/events/:id/erase',
      needs: 'administer',
      body: ERASE,
      summary: 'Destroys the data of an event for good; its place in the log stays provable.',
      async handle(request) {
        const { reason = null } = readBody(ERASE, request).value;
        const decision = { ...attributionOfCaller(request), reason };
        return { changed: await box.care.erase(idOf(request), decision).catch(refuse) };
      },
    },
  ];
}

const STATUSES: ReadonlyMap<string, number> = new Map([
  ['backup.exists', 409],
  ['backup.failed', 422],
  ['care.not_supported', 501],
  ['event.unknown', 404],
  ['erase.refused', 409],
]);

function refuse(error: unknown): never {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  const code = String(error.code);
  const status = STATUSES.get(code);
  if (status === undefined) refuseFullDisk(error);
  throw new HttpError(code, error.message, { status, cause: error });
}
