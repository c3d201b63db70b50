import { describe, expect, test } from 'vitest';
import { type OpenedStore, range, type StoreFixture, useStore } from './fixture.ts';
import { event, open, unit } from './units.ts';

type Current = () => OpenedStore;

/** What a store's opening, closing and identity promise. */
export function describeSessions(name: string, fixture: StoreFixture): void {
  describe(`${name}: sessions`, () => {
    const current = useStore(fixture);
    describe('a new log', () => newLogs(current));
    describe('a store that is closed', () => closing(current));
    describe('verify', () => verifying(current));
  });
}

function newLogs(current: Current): void {
  test('has a name of its own and begins at its first epoch', () => {
    const { store } = current();
    const [name] = store.identity.names;
    expect(name?.from).toBe(1);
    expect(name?.logId).toMatch(/^sb[0-9a-hjkmnp-tv-z]{8}$/);
    expect(store.identity.names).toHaveLength(1);
    expect(store.identity).toMatchObject({ incarnation: 1, epoch: 1, lastReceived: 0 });
    expect(store.identity.afterCleanStop).toBe(true);
  });
}

function closing(current: Current): void {
  test('has written what was handed in before', async () => {
    const { store } = current();
    const appended = range(1, 100).map(() => store.append(unit(event())));
    await store.close();
    const results = await Promise.all(appended);
    expect(results.map(({ kind }) => kind)).toEqual(Array(100).fill('appended'));
  });

  test('takes nothing more', async () => {
    const { store } = current();
    await store.close();
    const refused = store.append(unit(event()));
    await expect(refused).rejects.toMatchObject({ code: 'store.closed' });
  });

  test('may be closed again', async () => {
    const { store } = current();
    await Promise.all([store.close(), store.close({ clean: true })]);
    await store.close();
    expect(store.pending()).toBe(0);
  });
}

function verifying(current: Current): void {
  test('finds nothing bad in what was appended, and tells how far it is', async () => {
    const { store } = current();
    await store.append(unit(...range(1, 300).map(() => event())));
    await store.append(unit(open()));
    const told: number[] = [];
    const report = await store.verify({ progress: (done) => told.push(done), deep: true });
    expect(report).toMatchObject({ events: 301, firstBad: null });
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });
}
