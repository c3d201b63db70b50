import { describe, expect, test } from 'vitest';
import type { EventDraft } from '../../src/events/event.ts';
import { PAYLOAD_LENGTH_MAX } from '../../src/routing/admission.ts';
import type { Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { Station } from './station.ts';

const draft: EventDraft = { type: 'pushed', source: 'git', data: '{"n":1}' };

describe('an event at the door', () => {
  test('is durable when it is accepted, and has the log’s id', async () => {
    const { door, store } = await Station.open();
    const [name] = store.identity.names;
    expect(await door.admit(draft)).toEqual({
      kind: 'accepted',
      id: `${name?.logId}-1`,
      seq: 1,
      duplicate: false,
    });
    const [record] = await store.read({ after: 0, limit: 10 });
    expect(record).toMatchObject({
      type: 'pushed',
      source: 'git',
      data: '{"n":1}',
      id: null,
      hops: 0,
    });
  });

  test('keeps its own id, and is one event however often it comes', async () => {
    const station = await Station.open();
    const named = { ...draft, id: 'e1' };
    const all = await Promise.all(Array.from({ length: 1_000 }, () => station.door.admit(named)));
    expect(all.filter((each) => each.kind === 'accepted' && !each.duplicate)).toHaveLength(1);
    expect(new Set(all.map((each) => 'seq' in each && each.seq))).toEqual(new Set([1]));
    const next = await Station.open({}, station);
    expect(await next.door.admit({ ...named, time: '2026-11-20T09:00:00Z' })).toEqual({
      kind: 'accepted',
      id: 'e1',
      seq: 1,
      duplicate: true,
    });
    expect(next.store.head()).toBe(1);
  });

  test('is another one where another source says it', async () => {
    const { door } = await Station.open();
    await door.admit({ ...draft, id: 'e1' });
    expect(await door.admit({ ...draft, id: 'e1', source: 'hg' })).toMatchObject({
      seq: 2,
      duplicate: false,
    });
  });

  test.each<Partial<EventDraft>>([{ data: '{"n":2}' }, { type: 'pulled' }, { subject: 'main' }])(
    'is refused where its id has other content: %j',
    async (other) => {
      const { door, store } = await Station.open();
      await door.admit({ ...draft, id: 'e1' });
      expect(await door.admit({ ...draft, id: 'e1', ...other })).toEqual({
        kind: 'conflict',
        id: 'e1',
        seq: 1,
      });
      expect(store.head()).toBe(1);
    },
  );

  test.each<readonly [Partial<EventDraft>, string]>([
    [{ type: '' }, '"type" is empty'],
    [{ source: 'signalbox' }, '"source" may not be "signalbox"'],
    [{ type: 'run.started' }, '"type" may not be "run.started"'],
    [{ subject: '\ud800' }, '"subject" holds half of a character'],
    [{ data: '{' }, '"data": This is not JSON'],
    [{ data: '['.repeat(65) + ']'.repeat(65) }, '"data": This JSON nests deeper'],
    [{ data: '"\ud800"' }, '"data" holds half of a character'],
    [
      { data: `"${'x'.repeat(PAYLOAD_LENGTH_MAX - 1)}"` },
      `"data" has ${PAYLOAD_LENGTH_MAX + 1} characters`,
    ],
  ])('is told what is wrong with it: %#', async (bad, problem) => {
    const { door, store } = await Station.open();
    const admission = await door.admit({ ...draft, ...bad });
    expect(admission).toEqual({ kind: 'invalid', problem: expect.stringContaining(problem) });
    expect(store.head()).toBe(0);
  });

  test('may be as large as is allowed, and escape what it likes', async () => {
    const { door, store } = await Station.open();
    const large = `"${'x'.repeat(PAYLOAD_LENGTH_MAX - 2)}"`;
    for (const data of [large, '"\\ud800\\u0000"', '"\u{1f6a6}"', ' {"a" : 1.0e0 } ']) {
      expect(await door.admit({ ...draft, data })).toMatchObject({ kind: 'accepted' });
      const [record] = await store.read({ after: store.head() - 1, limit: 1 });
      expect(record?.data).toBe(data);
    }
    expect(await store.verify({ progress: () => {}, deep: false })).toEqual({
      events: 4,
      firstBad: null,
    });
  });
});

describe('the door', () => {
  test('is closed when the daemon stops', async () => {
    const { door } = await Station.open();
    door.close();
    expect(await door.admit(draft)).toEqual({
      kind: 'refused',
      reason: 'stopping',
      retryAfterMs: 1_000,
    });
    expect(await door.admit({ ...draft, type: '' })).toMatchObject({ kind: 'invalid' });
  });

  test('lets nobody in while too many wait, and everybody who did', async () => {
    const { door, store } = await Station.open();
    const waiting = Array.from({ length: 20_000 }, () => door.admit(draft));
    expect(await door.admit(draft)).toEqual({
      kind: 'refused',
      reason: 'busy',
      retryAfterMs: 1_000,
    });
    const admissions = await Promise.all(waiting);
    expect(admissions.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(store.head()).toBe(20_000);
    expect(await door.admit(draft)).toMatchObject({ kind: 'accepted' });
  });

  test('says since when the disk is full, and no longer than that', async () => {
    let full = true;
    const wrap = (store: Store): Store =>
      alteredStore(store, {
        append: async (unit) => (full ? { kind: 'full' } : store.append(unit)),
      });
    const { door, clock } = await Station.open({ wrap });
    expect(door.fullSince).toBeUndefined();
    const since = clock.now();
    const refusal = { kind: 'refused', reason: 'disk_full', retryAfterMs: 5_000 };
    expect(await door.admit(draft)).toEqual(refusal);
    clock.advance(60_000);
    expect(await door.admit(draft)).toEqual(refusal);
    expect(door.fullSince).toBe(since);
    full = false;
    await door.admit(draft);
    expect(door.fullSince).toBeUndefined();
  });

  test('counts what it did not record', async () => {
    const { door } = await Station.open();
    for (const id of ['e1', 'e1', 'e1', 'e2']) await door.admit({ ...draft, id });
    await door.admit({ ...draft, id: 'e2', data: '2' });
    await door.admit({ ...draft, data: '{' });
    door.close();
    await door.admit(draft);
    const git = { duplicates: 2, conflicts: 1, refused: 1 };
    expect(door.book.total().sums()).toEqual({ ...git, sources: { git } });
  });

  test('records events in the order and at the time of their coming', async () => {
    const station = await Station.open();
    const started = station.clock.now();
    const admissions: Promise<unknown>[] = [];
    for (let n = 0; n < 100; n++) {
      admissions.push(station.door.admit({ ...draft, data: String(n) }));
      station.clock.advance(n % 3);
      if (n === 50) station.clock.step(-10_000);
    }
    await Promise.all(admissions);
    const records = await station.records();
    expect(records.map(({ data }) => Number(data))).toEqual(records.map(({ seq }) => seq - 1));
    const times = records.map(({ received }) => received);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBe(started);
  });
});
