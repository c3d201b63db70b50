import { describe, expect, test } from 'vitest';
import {
  clientsOf,
  kindsOf,
  type OpenedStore,
  range,
  type StoreFixture,
  useStore,
} from './fixture.ts';
import { advance, event, moving } from './units.ts';

/** What a consumer's checkpoint promises. */
export function describeCheckpoints(name: string, fixture: StoreFixture): void {
  describe(`${name}: checkpoints`, () => {
    const current = useStore(fixture);
    describe('a checkpoint', () => oneConsumer(current));
    describe('the checkpoints of several', () => severalConsumers(current));
  });
}

function oneConsumer(current: () => OpenedStore): void {
  test('begins before the first record, with an empty state', async () => {
    const { store } = current();
    expect(await store.checkpoint('router')).toEqual({ seq: 0, state: '{}' });
  });

  test('moves from where it stands, together with what was written on the way', async () => {
    const { store } = current();
    const moved = moving('router', 0, 3, event(), event());
    expect(await store.append(moved)).toEqual({ kind: 'appended', first: 1 });
    expect(await store.checkpoint('router')).toEqual({ seq: 3, state: '{"at":3}' });
    await store.append(moving('router', 3, 8));
    expect(await store.checkpoint('router')).toEqual({ seq: 8, state: '{"at":8}' });
  });

  test('keeps its state byte for byte', async () => {
    const { store } = current();
    const state = `{"b": 1.0,"a":"\\u0000 '日本' 👍", "b":2}`;
    await store.append({ writes: [], checkpoint: { consumer: 'router', from: 0, to: 1, state } });
    expect(await store.checkpoint('router')).toEqual({ seq: 1, state });
  });

  test.each([
    ['behind it', 1],
    ['ahead of it', 9],
    ['the beginning', 0],
  ])('does not move from %s, and neither are the records written', async (_, from) => {
    const { store } = current();
    await store.append(moving('router', 0, 5));
    expect(await store.append(moving('router', from, 10, event()))).toEqual({ kind: 'stale' });
    expect((await store.checkpoint('router')).seq).toBe(5);
    expect(store.head()).toBe(0);
  });

  test('does not move from elsewhere before its first move', async () => {
    const { store } = current();
    expect(await store.append(moving('router', 4, 5))).toEqual({ kind: 'stale' });
    expect(await store.append(moving('router', 0, 5))).toMatchObject({ kind: 'appended' });
  });

  test('does not move where a write of the unit is refused', async () => {
    const { store } = current();
    await store.append(moving('router', 0, 5));
    const refused = moving('router', 5, 6, event(), advance(9_999, 1));
    expect(await store.append(refused)).toEqual({ kind: 'stale' });
    expect(await store.checkpoint('router')).toEqual({ seq: 5, state: '{"at":5}' });
  });

  test('may stay where it is and change its state', async () => {
    const { store } = current();
    const stay = { consumer: 'router', from: 0, to: 0 };
    for (const state of ['[1]', '[2]']) {
      const result = await store.append({ writes: [], checkpoint: { ...stay, state } });
      expect(result.kind).toBe('appended');
    }
    expect(await store.checkpoint('router')).toEqual({ seq: 0, state: '[2]' });
  });

  test('follows moves that do not wait for each other', async () => {
    const { store } = current();
    const moves = range(0, 99).map((from) =>
      store.append(moving('router', from, from + 1, event())),
    );
    expect(kindsOf(await Promise.all(moves))).toEqual(Array(100).fill('appended'));
    expect((await store.checkpoint('router')).seq).toBe(100);
  });

  test('is moved by one of many that start from the same place', async () => {
    const clients = await clientsOf(current(), 4);
    for (const from of range(0, 9)) {
      const results = await Promise.all(
        clients.flatMap((client) =>
          range(1, 5).map(() => client.append(moving('router', from, from + 1, event()))),
        ),
      );
      expect(results.filter(({ kind }) => kind === 'appended')).toHaveLength(1);
    }
    expect((await current().store.checkpoint('router')).seq).toBe(10);
    expect(await current().store.read({ after: 0, limit: 100 })).toHaveLength(10);
  });
}

function severalConsumers(current: () => OpenedStore): void {
  test('do not know of each other, whatever the letters of their names', async () => {
    const { store } = current();
    const consumers = ['router', 'Router', 'router ', 'røuter', ''];
    await Promise.all(consumers.map((name, i) => store.append(moving(name, 0, i + 1))));
    const checkpoints = await Promise.all(consumers.map((name) => store.checkpoint(name)));
    expect(checkpoints.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });
}
