import type { LogRecord, RunRow, Store } from '../store/contract.ts';
import { ROUTER } from './router.ts';
import type { SourceLoads } from './source-load.ts';

/** Rows and records that are read at once. */
const PAGE = 1_000;

type Reads = Pick<Store, 'head' | 'read' | 'readAt' | 'lanes' | 'runsInLanes' | 'checkpoint'>;

/**
 * Counts what waits by what the store has: the events behind the router's place, and the runs that
 * are queued. What becomes durable meanwhile is to be told too, and may be told again.
 */
export async function loadWaits(store: Reads, loads: SourceLoads): Promise<void> {
  const until = store.head();
  const { seq: routed } = await store.checkpoint(ROUTER);
  for await (const page of unrouted(store, routed, until))
    for (const each of page) loads.hear(each);
  for await (const rows of waitingRuns(store)) {
    const events = new Map<number, LogRecord>();
    for (const event of await store.readAt([...new Set(rows.map((row) => row.event))])) {
      events.set(event.seq, event);
    }
    for (const row of rows) {
      const source = events.get(row.event)?.source ?? null;
      if (source !== null) loads.found(source, row, row.state === 'paused');
    }
  }
}

async function* unrouted(
  store: Reads,
  routed: number,
  until: number,
): AsyncGenerator<readonly LogRecord[]> {
  for (let after = routed; after < until;) {
    const page = await store.read({ after, until, limit: PAGE });
    yield page;
    after = page.at(-1)?.seq ?? until;
  }
}

/** Runs that events started and that are queued, or held. */
async function* waitingRuns(store: Reads): AsyncGenerator<readonly RunRow[]> {
  const rows = await store.lanes();
  const lanes = rows.filter(({ open }) => open.queued + open.paused > 0).map(({ lane }) => lane);
  if (lanes.length === 0) return;
  for (let after = 0; ;) {
    const page = await store.runsInLanes({ lanes, after, limit: PAGE });
    yield page.filter(({ state, parent }) => {
      return parent === null && (state === 'queued' || state === 'paused');
    });
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.id;
  }
}
