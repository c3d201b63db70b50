import { routedTo } from '../views/log-reader.ts';
import { HttpError, retryAfter } from '../std/http/http-error.ts';
import type { RouteContext } from './route.ts';

/** How often the router's place is looked at; what it passes without a run makes no commit. */
const LOOK_MS = 20;

/**
 * Waits until the router has passed `seq`, so that an answer knows what became of that event.
 *
 * @throws HttpError 503 `view.behind` where that takes longer than `minSeqMs`.
 */
export async function waitForRouter(context: RouteContext, seq: number | undefined): Promise<void> {
  const { box, clock, limits, commits, stopping } = context;
  if (seq === undefined) return;
  const until = clock.monotonic() + limits.minSeqMs;
  while (routedTo(box) < seq) {
    if (clock.monotonic() >= until || stopping.aborted) throw behind(seq);
    await commits.next(LOOK_MS, stopping);
  }
}

function behind(seq: number): HttpError {
  const message = `Events up to seq ${seq} are not routed yet; ask again.`;
  return new HttpError('view.behind', message, { status: 503, headers: retryAfter(1_000) });
}
