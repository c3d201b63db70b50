import { expect, test } from 'vitest';
import { outcomeOf } from '../../src/cli/event-text.ts';
import type { Json } from '../../src/std/json.ts';
import type { EventView } from '../../src/views/event-view.ts';

function event(type: string, data: Json): EventView {
  return {
    specversion: '1.0',
    id: 'e',
    source: 'signalbox',
    type,
    time: '2026-12-01T00:00:00Z',
    received: '2026-12-01T00:00:00Z',
    data,
    seq: 1,
    correlationid: 'e',
    hops: 0,
    trust: 'trusted',
    disposition: [],
  };
}

test.each([
  ['webhook.rejected', { reason: 'webhook.unsigned', status: 401 }, 'webhook.unsigned'],
  ['auth.failed', { reason: 'auth.wrong', status: 401 }, 'auth.wrong'],
  ['webhook.rejected', null, ''],
  ['source.degraded', { reason: 'gone' }, ''],
  ['told', { reason: 'x' }, 'unmatched'],
])('what became of a %s with %j is %j', (type, data, outcome) => {
  expect(outcomeOf(event(type, data))).toBe(outcome);
});
