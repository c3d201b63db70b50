import { describe, expect, test } from 'vitest';
import { LogFollower } from '../../src/routing/follower.ts';
import type { LogRecord, Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { range } from '../store/conformance/fixture.ts';
import { event, unit } from '../store/conformance/units.ts';
import { Station } from './station.ts';

async function openStore(): Promise<Store> {
  return (await Station.open()).store;
}

/** Follows the log from `after` to its present end. */
async function follow(follower: LogFollower, after: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (;;) {
    const batch = await follower.next(records.at(-1)?.seq ?? after);
    if (batch.length === 0) return records;
    records.push(...batch);
  }
}

async function append(store: Store, count: number, data = '{}'): Promise<void> {
  await Promise.all(range(1, count).map(() => store.append(unit(event({ data })))));
}

/** The store, counting how often the log was read. */
function counting(store: Store): { readonly store: Store; reads: number } {
  const read: Store['read'] = (query) => {
    counter.reads++;
    return store.read(query);
  };
  const counter = { reads: 0, store: alteredStore(store, { read }) };
  return counter;
}

describe('who follows the log', () => {
  test('sees the same live and later', async () => {
    const store = await openStore();
    await append(store, 700);
    const early = new LogFollower(store);
    await append(store, 1_300);
    const late = new LogFollower(store);
    for (const after of [0, 1, 511, 512, 699, 700, 701, 1_999, 2_000]) {
      const expected = (await store.read({ after, limit: 1_000 })).concat(
        await store.read({ after: after + 1_000, limit: 1_000 }),
      );
      expect(await follow(early, after)).toEqual(expected);
      expect(await follow(late, after)).toEqual(expected);
    }
  });

  test('reads nothing from the store while it follows closely', async () => {
    const counted = counting(await openStore());
    const follower = new LogFollower(counted.store);
    let after = 0;
    for (let round = 0; round < 20; round++) {
      await append(counted.store, 100);
      const records = await follow(follower, after);
      expect(records.map(({ seq }) => seq)).toEqual(range(after + 1, after + 100));
      after += 100;
    }
    expect(counted.reads).toBe(0);
  });

  test('sees all of it where more came than memory holds', async () => {
    const counted = counting(await openStore());
    const follower = new LogFollower(counted.store);
    const large = `"${'x'.repeat(1_000_000)}"`;
    for (let n = 0; n < 40; n++) await append(counted.store, 1, large);
    await append(counted.store, 100);
    const records = await follow(follower, 0);
    expect(records.map(({ seq }) => seq)).toEqual(range(1, 140));
    expect(counted.reads).toBeGreaterThan(0);
    await append(counted.store, 1);
    counted.reads = 0;
    expect(await follow(follower, 140)).toHaveLength(1);
    expect(counted.reads).toBe(0);
  });

  test('sees all of it where more records came than memory holds', async () => {
    const counted = counting(await openStore());
    const follower = new LogFollower(counted.store);
    for (let n = 0; n < 20; n++) await append(counted.store, 1_000);
    const records = await follow(follower, 0);
    expect(records.map(({ seq }) => seq)).toEqual(range(1, 20_000));
    expect(counted.reads).toBeGreaterThan(0);
  });

  test('may go back', async () => {
    const store = await openStore();
    const follower = new LogFollower(store);
    await append(store, 2_000);
    await follow(follower, 0);
    const again = await follow(follower, 5);
    expect(again.map(({ seq }) => seq)).toEqual(range(6, 2_000));
  });

  test('finds nothing behind the end', async () => {
    const store = await openStore();
    const follower = new LogFollower(store);
    expect(await follower.next(0)).toEqual([]);
    await append(store, 3);
    expect(await follower.next(3)).toEqual([]);
    expect(await new LogFollower(store).next(3)).toEqual([]);
  });
});

describe('a wait', () => {
  test('ends when something is there, and is none where it is there already', async () => {
    const store = await openStore();
    const follower = new LogFollower(store);
    const waiting = follower.wait(0);
    await append(store, 1);
    await waiting;
    await follower.wait(0);
    expect(store.head()).toBe(1);
  });

  test('ends when it is told to', async () => {
    const follower = new LogFollower(await openStore());
    follower.wake();
    const waiting = follower.wait(0);
    follower.wake();
    await expect(waiting).resolves.toBeUndefined();
  });
});
