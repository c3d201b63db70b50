import type { Catalogs } from '../routing/catalogs.ts';
import { belowWindows, seenByAll } from '../routing/retention/floor.ts';
import { ROUTER } from '../routing/router.ts';
import { writtenBefore } from '../sources/event-log/event-log.ts';
import { EVENT_LOG } from '../sources/event-log/shape.ts';
import type { Store } from '../store/contract.ts';
import { SUBSCRIBERS } from './box/subscriber.ts';
import type { Tracer } from './tracer.ts';

/** An event log remembers fewer things than this. */
const CURSORS = 10;

/** Who reads the log, and has yet to find in it what it has not read. */
export interface LogReaders {
  readonly store: Store;
  readonly catalogs: Pick<Catalogs, 'sourcesInForce'>;
  readonly tracer: Pick<Tracer, 'seen'> | undefined;
  /** The subscribers of the program around, also those that have kept no place yet. */
  readonly followers?: (() => readonly string[]) | undefined;
}

/**
 * The last seq that everybody has seen who follows the log, and that no open window holds.
 *
 * Those who ask hooks are no readers of their own: the router is never ahead of them. Nor is who
 * keeps incidents, who has read what it missed before anything is cut, and holds what it hears. A
 * subscriber counts though its program may not come back: only its place is known.
 */
export async function logFloor(readers: LogReaders): Promise<number> {
  const { store, catalogs, tracer, followers = () => [] } = readers;
  const kept = (await store.care?.consumers(SUBSCRIBERS)) ?? [];
  const seen = await seenByAll(store, [ROUTER, ...kept, ...followers()]);
  const written = await Promise.all(
    Array.from(await catalogs.sourcesInForce(), async ({ name: source, type }) =>
      type === EVENT_LOG
        ? writtenBefore(await store.cursors({ source, limit: CURSORS }))
        : undefined,
    ),
  );
  const places = [seen, tracer?.seen, ...written].filter((place) => place !== undefined);
  return belowWindows(store, Math.min(...places));
}
