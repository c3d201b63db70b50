import { z } from 'zod';
import type { Progress } from '../../signalbox.ts';
import { HttpError, retryAfter } from '../../std/http/http-error.ts';
import { waitForRouter } from '../min-seq.ts';
import { flag, readQuery, seq } from '../query.ts';
import type { Route, RouteContext } from '../route.ts';

const STATS_QUERY = z.strictObject({ min_seq: seq.optional() });
/** `deep` also checks every page of the store's files. */
const VERIFY_QUERY = z.strictObject({ deep: flag.optional() });

/** The routes that tell how the engine does, and check its log. */
export function engineRoutes(context: RouteContext): Route[] {
  const { box } = context;
  const verify = oneAtATime(() => box.verify({ deep: false, progress: unwatched }));
  const verifyDeep = oneAtATime(() => box.verify({ deep: true, progress: unwatched }));
  const rebuildCheck = oneAtATime(() => box.rebuildCheck(unwatched));
  return [
    {
      ...tokenRoute('/api/v1/stats', 'Counts what became of all events.', () => box.stats()),
      query: STATS_QUERY,
      async handle(request) {
        await waitForRouter(context, readQuery(STATS_QUERY, request).min_seq);
        return box.stats();
      },
    },
    {
      ...tokenRoute('/api/v1/verify', 'Reads the whole log and checks chain and sums.', verify),
      query: VERIFY_QUERY,
      handle: (request) => (readQuery(VERIFY_QUERY, request).deep ? verifyDeep() : verify()),
    },
    tokenRoute('/api/v1/rebuild-check', 'Folds the whole log and compares.', rebuildCheck),
  ];
}

/** The routes for whoever watches the process: they tell nothing but whether it works. */
export function outsideRoutes({ box }: RouteContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      needs: 'nothing',
      summary: 'Answers as long as the process lives.',
      handle: () => ({ ok: true }),
    },
    {
      method: 'GET',
      path: '/readyz',
      needs: 'nothing',
      summary: 'Tells whether events are accepted.',
      handle() {
        const { state, degraded } = box.status();
        if (state === 'draining') {
          throw notReady('server.stopping', 'The daemon is stopping.', STOPPING_RETRY_MS);
        }
        const full = degraded.find(({ part }) => part === 'disk');
        if (full !== undefined) throw notReady('store.full', full.reason, FULL_RETRY_MS);
        return { ready: true };
      },
    },
  ];
}

/** When to look again whether a daemon that stops has been started anew. */
const STOPPING_RETRY_MS = 1_000;
/** When to look again whether there is room on the disk. */
const FULL_RETRY_MS = 5_000;

function notReady(code: string, message: string, afterMs: number): HttpError {
  return new HttpError(code, message, { status: 503, headers: retryAfter(afterMs) });
}

function tokenRoute(path: string, summary: string, handle: () => unknown): Route {
  return { method: 'GET', path, needs: 'read', summary, handle };
}

/** Reading the whole log costs much and changes nothing: who asks meanwhile shares the answer. */
function oneAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | undefined;
  return () => {
    underWay ??= work().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

const unwatched: Progress = () => {};
