import { OWN_SOURCE } from '../events/event.ts';
import type { EventView } from '../views/event-view.ts';
import type { Client } from './client.ts';

/** Which events are replayed. */
export interface Range {
  /** Milliseconds since 1970, as `until`. */
  readonly from: number;
  readonly until: number;
  readonly type: string | undefined;
  readonly limit: number;
  /** Whether an event is one of them. */
  readonly chooses: (event: EventView) => boolean;
}

/** Events that are read at once. */
const PAGE_LIMIT = 200;

/**
 * The numbers of the events that are chosen of those that came in that time, in the order of the
 * log, without what comes while this goes on.
 */
export async function* chooseEvents(client: Client, range: Range): AsyncGenerator<number> {
  const { type, from, until, limit, chooses } = range;
  const { events: head } = await client.stats();
  const query = { type, limit: PAGE_LIMIT, before: head + 1 };
  let chosen = 0;
  for (let after: number | null = await lastBefore(client, from, head); after !== null;) {
    const page = await client.events({ ...query, after });
    for (const event of page.items) {
      if (Date.parse(event.received) > until || chosen === limit) return;
      if (!chooses(event)) continue;
      yield event.seq;
      chosen++;
    }
    after = page.next;
  }
}

/**
 * Whether an event came from outside: what flows emitted, and what was a replay itself, comes again
 * by itself.
 */
export function isFromOutside({ source, causationid }: EventView): boolean {
  return source !== OWN_SOURCE && causationid === undefined;
}

/** Whether an event has started something, or may start something now. */
export function mayHaveRuns({ source, disposition }: EventView): boolean {
  return source !== OWN_SOURCE || disposition.length > 0;
}

/** The number of the last event that came before then: times never go back in the log. */
async function lastBefore(client: Client, time: number, head: number): Promise<number> {
  let [low, high] = [0, head];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [event] = (await client.events({ after: middle, limit: 1 })).items;
    if (event === undefined || Date.parse(event.received) >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}
