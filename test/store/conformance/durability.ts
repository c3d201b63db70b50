import { describe, expect, test } from 'vitest';
import { type DurableStore, range, readAll, type StoreFixture, useStore } from './fixture.ts';
import {
  advance,
  closing,
  cursorOf,
  DAY_MS,
  deadLetter,
  event,
  moving,
  NOON,
  open,
  unit,
  windowOf,
} from './units.ts';

type Current = () => DurableStore;

/** What a log promises that outlives its store. */
export function describeDurability(name: string, fixture: StoreFixture<DurableStore>): void {
  describe(`${name}: a log that is opened again`, () => {
    const current = useStore(fixture);
    describe('as a log', () => sameLog(current));
    describe('as coordination state', () => sameCoordination(current));
  });
}

function sameLog(current: Current): void {
  test('has all that was acknowledged', async () => {
    const { store, reopen } = current();
    const appended = range(1, 100).map(() => store.append(unit(event())));
    await store.close();
    await Promise.all(appended);
    expect(await readAll(await reopen())).toHaveLength(100);
  });

  test('is the same, in its next epoch, with all its records and rows', async () => {
    const { store, reopen } = current();
    await store.append(unit(event({ received: NOON }), open({}, { received: NOON + 5 })));
    const [records, rows] = [await readAll(store), await store.runs({ limit: 9 })];
    await store.close();
    const again = await reopen();
    expect(again.identity).toMatchObject({
      names: store.identity.names,
      incarnation: 1,
      epoch: 2,
      lastReceived: NOON + 5,
    });
    expect(again.head()).toBe(2);
    expect(await readAll(again)).toEqual(records);
    expect(await again.runs({ limit: 9 })).toEqual(rows);
    expect(await again.append(unit(event()))).toEqual({ kind: 'appended', first: 3 });
  });

  test('has its lanes and its dead letters', async () => {
    const { store, reopen } = current();
    await store.append(unit(open({ state: 'waiting', due: 7 }), deadLetter(), deadLetter()));
    await store.append(unit(closing(2)));
    const [lanes, letters] = [await store.lanes(), await store.letters({ limit: 9 })];
    await store.close();
    const again = await reopen();
    expect(await again.lanes()).toEqual(lanes);
    expect(await again.letters({ limit: 9 })).toEqual(letters);
    expect(letters.map(({ state }) => state)).toEqual(['open', 'retried']);
    expect(await again.append(unit(closing(2)))).toEqual({ kind: 'stale' });
  });

  test('says whether the session before ended its work', async () => {
    const { store, reopen } = current();
    await store.close({ clean: true });
    const second = await reopen();
    expect(second.identity.afterCleanStop).toBe(true);
    await second.close({ clean: false });
    const third = await reopen();
    expect(third.identity.afterCleanStop).toBe(false);
  });
}

function sameCoordination(current: Current): void {
  test('has its checkpoints', async () => {
    const { store, reopen } = current();
    await store.append(moving('router', 0, 5));
    await store.close();
    const again = await reopen();
    expect(await again.checkpoint('router')).toEqual({ seq: 5, state: '{"at":5}' });
    expect(await again.append(moving('router', 4, 6))).toEqual({ kind: 'stale' });
  });

  test('has its windows', async () => {
    const { store, reopen } = current();
    await store.append({ ...moving('router', 0, 5), windows: [windowOf('k', 7)] });
    const windows = await store.windows({ limit: 9 });
    await store.close();
    expect(windows).toHaveLength(1);
    expect(await (await reopen()).windows({ limit: 9 })).toEqual(windows);
  });

  test('has what its sources remember, and nothing that they forgot', async () => {
    const { store, reopen } = current();
    await store.append({ writes: [event()], cursors: [cursorOf('a', '1'), cursorOf('b', '2')] });
    await store.append({ writes: [], cursors: [cursorOf('a', null)] });
    await store.close();
    const again = await reopen();
    const remembered = await again.cursors({ source: 'files:docs', limit: 9 });
    expect(remembered).toEqual([{ key: 'b', value: '2' }]);
  });

  test('knows the foreign ids, also where the first unit of a day was refused', async () => {
    const { store, reopen } = current();
    const tomorrow = NOON + DAY_MS;
    const key = { key: 'a-key', digest: 'd' };
    await store.append(unit(event({}, key)));
    const refused = event({ received: tomorrow }, { key: 'refused', digest: 'd' });
    expect(await store.append(unit(refused, advance(9_999, 1)))).toEqual({ kind: 'stale' });
    await store.append(unit(event({ received: tomorrow }, { key: 'second', digest: 'd' })));
    await store.close();
    const again = await reopen();
    const result = await again.append(unit(event({ received: tomorrow }, key)));
    expect(result).toEqual({ kind: 'duplicate', seq: 1 });
  });

  test('offers the runs that the store held which has ended', async () => {
    const { store, reopen } = current();
    await store.append(unit(open({ epoch: store.identity.epoch })));
    expect(await store.orphans({ limit: 10 })).toEqual([]);
    await store.close();
    expect((await (await reopen()).orphans({ limit: 10 })).map(({ id }) => id)).toEqual([1]);
  });
}
