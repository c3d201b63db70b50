import { describe, expect, test } from 'vitest';
import type { EventDraft } from '../../src/events/event.ts';
import {
  manualRecord,
  namedFlow,
  retryRecord,
  seenData,
  seenEvent,
} from '../../src/runs/named-start.ts';
import type { LogIdentity, LogRecord, RecordDraft } from '../../src/store/contract.ts';
import { toEvent, toRecord } from '../../src/store/record.ts';

const identity: LogIdentity = {
  names: [{ from: 1, logId: 'sb00000000' }],
  incarnation: 1,
  epoch: 1,
  afterCleanStop: true,
  lastReceived: 0,
};
const place = { identity, received: 9_000 };
/** No start here is of a window, so nothing is read. */
const store = {
  identity,
  readAt: async () => [],
  read: async () => [],
  checkpoint: async () => ({ seq: 0, state: '' }),
};
/** A number that no JavaScript number holds. */
const LONG = '12345678901234567890';

function recorded(draft: RecordDraft, seq: number): LogRecord {
  return { ...draft, seq, prev: null, stream: null };
}

function sent(change: Partial<EventDraft> = {}): LogRecord {
  const draft = { type: 'order.placed', source: 'shop', data: `{"n":${LONG}}`, ...change };
  return recorded(toRecord(draft, 1_000), 3);
}

function retried(event: LogRecord, data = event.data, flow = 'ship'): LogRecord {
  return recorded(retryRecord(event, { letter: 4, flow, by: 'ada', data }, place), 5);
}

describe('a start by hand', () => {
  test('names its flow, its data and who asked', async () => {
    const start = { flow: 'ship', data: `{"n":${LONG}}`, by: 'ada' };
    const record = recorded(manualRecord(start, 9_000), 5);
    expect(namedFlow(record)).toBe('ship');
    expect(record.data).toBe(`{"n":${LONG}}`);
    expect(seenEvent(record, 'ship', identity)).toEqual(toEvent(record, identity));
    expect(seenEvent(record, 'ship', identity)).toMatchObject({
      type: 'manual.triggered',
      source: 'signalbox',
      subject: 'ship',
      actor: 'ada',
      hops: 0,
    });
    expect(await seenData(store, record, 'ship')).toBe(record.data);
  });

  test('is nothing that anybody else can record', () => {
    expect(namedFlow(sent({ type: 'manual.triggered', subject: 'ship' }))).toBeUndefined();
    expect(namedFlow({ ...sent(), type: 'dead_letter.retried' })).toBeUndefined();
    expect(namedFlow(sent())).toBeUndefined();
    const nameless = recorded(
      { ...manualRecord({ flow: '', data: '1', by: '' }, 0), subject: null },
      5,
    );
    expect(namedFlow(nameless)).toBeUndefined();
  });
});

describe('the retry of an event', () => {
  test('shows its flow the event that it was, at the place of the retry', () => {
    const event = sent({
      id: 'o-1',
      subject: 'desk',
      time: '2026-01-01T00:00:00Z',
      trust: 'untrusted',
      extensions: { shop: 'main' },
    });
    const record = retried(event);
    expect(namedFlow(record)).toBe('ship');
    expect(record).toMatchObject({ causation: 4, hops: 0, correlation: 'o-1', received: 9_000 });
    expect(JSON.parse(record.data)).toMatchObject({ letter: 4, flow: 'ship', by: 'ada' });
    const { seq: _, received: __, causationid: ___, ...seen } = seenEvent(record, 'ship', identity);
    const { seq: ____, received: _____, ...was } = toEvent(event, identity);
    expect(seen).toEqual(was);
    expect(seenEvent(record, 'ship', identity)).toMatchObject({
      seq: 5,
      causationid: 'sb00000000-4',
    });
  });

  test('has no subject where the event has none, and the log’s id where nobody gave one', () => {
    const seen = seenEvent(retried(sent()), 'ship', identity);
    expect(seen).not.toHaveProperty('subject');
    expect(seen).toMatchObject({ id: 'sb00000000-3', type: 'order.placed', source: 'shop' });
  });

  test('keeps the data byte for byte, or puts other data in its place', async () => {
    expect(await seenData(store, retried(sent()), 'ship')).toBe(`{"n":${LONG}}`);
    const other = `[ ${LONG}, "}\\"" ]`;
    expect(await seenData(store, retried(sent(), other), 'ship')).toBe(other);
    expect(seenEvent(retried(sent(), 'null'), 'ship', identity).data).toBeNull();
  });

  test('of a retry is one of the first event', async () => {
    const first = { ...retried(sent({ id: 'o-1' })), hops: 3 };
    const again = retried(first, await seenData(store, first, 'ship'));
    expect(seenEvent(again, 'ship', identity)).toMatchObject({ id: 'o-1', type: 'order.placed' });
    expect(await seenData(store, again, 'ship')).toBe(`{"n":${LONG}}`);
    expect(again.hops).toBe(3);
  });

  test('is what it is for another flow that hears of it', async () => {
    const record = retried(sent());
    expect(seenEvent(record, 'audit', identity)).toEqual(toEvent(record, identity));
    expect(await seenData(store, record, 'audit')).toBe(record.data);
    expect(seenEvent(retried(record, undefined, 'audit'), 'audit', identity)).toMatchObject({
      type: 'dead_letter.retried',
      data: { letter: 4, flow: 'ship' },
    });
  });

  test('of a run starts nothing', () => {
    const record = { ...retried(sent()), data: '{"letter":4,"run":2}' };
    expect(namedFlow(record)).toBeUndefined();
    expect(seenEvent(record, 'ship', identity).data).toEqual({ letter: 4, run: 2 });
  });
});
