import { describe, expect, test } from 'vitest';
import {
  decodeWindowClosed,
  WINDOW_EVENTS_MAX,
  WINDOW_LENGTH_MAX,
  windowEvent,
} from '../../src/runs/window-closed.ts';
import type { LogRecord } from '../../src/store/contract.ts';
import { identity, recordOf } from '../routing/records.ts';

/** The record of a window that gathered so many. */
function closedOf(count: number, fields: Partial<LogRecord> = {}): LogRecord {
  const events = Array.from({ length: count }, (_, i) => i + 1);
  const data = JSON.stringify({
    flow: 'deploy',
    key: 'main',
    events,
    first: 0,
    last: 60_000,
    count,
  });
  return recordOf({ seq: 9_000, type: 'window.closed', source: null, data, ...fields });
}

function members(count: number, data = '{"n":1}'): LogRecord[] {
  return Array.from({ length: count }, (_, i) => recordOf({ seq: i + 1, received: i, data }));
}

/** How many events the run of such a window sees, and whether it is told that some are missing. */
function seen(count: number, records: readonly LogRecord[]): [number, boolean] {
  const { data } = windowEvent(closedOf(count), records, identity);
  const { events, truncated } = data as { events: unknown[]; truncated: boolean };
  return [events.length, truncated];
}

describe('the event that the run of a window sees', () => {
  test('is the record’s, with the events in place of their seqs', () => {
    const [one, other] = members(2);
    const record = closedOf(2, { causation: 2, hops: 3, attributes: '{"trust":"untrusted"}' });
    const named = [{ ...recordOf(other), id: 'x-1', subject: 'main' }];
    expect(windowEvent(record, [recordOf(one), ...named], identity)).toMatchObject({
      id: 'sb00000000-9000',
      type: 'window.closed',
      source: 'signalbox',
      causationid: 'sb00000000-2',
      hops: 3,
      trust: 'untrusted',
      data: {
        key: 'main',
        count: 2,
        first: '1970-01-01T00:00:00.000Z',
        last: '1970-01-01T00:01:00.000Z',
        truncated: false,
        events: [
          {
            id: 'sb00000000-1',
            type: 'pushed',
            subject: null,
            time: '1970-01-01T00:00:00.000Z',
            data: { n: 1 },
          },
          {
            id: 'x-1',
            type: 'pushed',
            subject: 'main',
            time: '1970-01-01T00:00:00.001Z',
            data: { n: 1 },
          },
        ],
      },
    });
  });

  test('holds the first thousand events, and says that there are more', () => {
    const thousand = members(WINDOW_EVENTS_MAX);
    expect(seen(WINDOW_EVENTS_MAX, thousand)).toEqual([WINDOW_EVENTS_MAX, false]);
    expect(seen(WINDOW_EVENTS_MAX + 1, thousand)).toEqual([WINDOW_EVENTS_MAX, true]);
    expect(seen(1_100, members(1_100))).toEqual([WINDOW_EVENTS_MAX, true]);
  });

  test('holds no more payload than the limit, and the first event always', () => {
    const half = JSON.stringify('x'.repeat(WINDOW_LENGTH_MAX / 2 - 2));
    expect(seen(2, members(2, half))).toEqual([2, false]);
    expect(seen(3, members(3, half))).toEqual([2, true]);
    const whole = JSON.stringify('x'.repeat(WINDOW_LENGTH_MAX));
    expect(seen(1, members(1, whole))).toEqual([1, false]);
    expect(seen(2, members(2, whole))).toEqual([1, true]);
  });

  test('says that events are missing where none is at hand', () => {
    expect(seen(2, [])).toEqual([0, true]);
  });
});

test('only the record of a window is read as one', () => {
  expect(decodeWindowClosed(closedOf(2))).toMatchObject({ flow: 'deploy', events: [1, 2] });
  expect(decodeWindowClosed(recordOf())).toBeUndefined();
});
