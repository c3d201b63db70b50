import type { Event } from '../../src/events/event.ts';
import type { Json } from '../../src/std/json.ts';

/** An event that carries this payload; everything else about it is always the same. */
export function eventOf(data: Json, type = 'x.done'): Event {
  return {
    specversion: '1.0',
    id: 'sb00000000-1',
    source: 'test',
    type,
    time: '2026-01-01T00:00:00.000Z',
    data,
    seq: 1,
    received: '2026-01-01T00:00:00.000Z',
    correlationid: 'sb00000000-1',
    hops: 0,
    trust: 'trusted',
  };
}
