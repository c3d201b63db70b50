import { describe, expect, test } from 'vitest';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import type { AppendResult } from '../../../src/store/contract.ts';
import { firstOf, range, readAll } from '../conformance/fixture.ts';
import { advance, event, open, unit } from '../conformance/units.ts';
import { type Database, drive, turn, useDatabases } from './database.ts';
import { startProxy } from './proxy.ts';

const newDatabase = useDatabases();

/** Resolves when the log has reached `seq`, as the server itself says. */
async function reached(database: Database, seq: number): Promise<void> {
  for (;;) {
    const [row] = await database.query('SELECT seq FROM signalbox.log_head');
    if (Number(row?.['seq']) >= seq) return;
  }
}

describe('a commit whose answer is lost', () => {
  test('is not repeated: the answer is found when the connection is back', async () => {
    const database = await newDatabase();
    const proxy = await startProxy(database.url);
    const store = await database.open({ url: proxy.url });
    const run = firstOf(await store.append(unit(open())));
    const key = { key: 'k', digest: 'd' };
    await store.append(unit(event({}, key)));

    proxy.swallowAnswers();
    const appended = Promise.all([
      store.append(unit(event({ data: '1' }), event({ data: '2' }))),
      store.append(unit(event({}, key))),
      store.append(unit(advance(run, run))),
      store.append(unit(event({ data: '3' }), advance(9_999, 1))),
    ]);
    await reached(database, 5);
    proxy.cut();

    const expected: AppendResult[] = [
      { kind: 'appended', first: 3 },
      { kind: 'duplicate', seq: 2 },
      { kind: 'appended', first: 5 },
      { kind: 'stale' },
    ];
    expect(await appended).toEqual(expected);
    expect(await readAll(store)).toHaveLength(5);
    expect(firstOf(await store.append(unit(event())))).toBe(6);
  });

  test('is not repeated where two groups are under way', async () => {
    const database = await newDatabase();
    const proxy = await startProxy(database.url);
    const store = await database.open({ url: proxy.url });
    for (const round of range(0, 9)) {
      await store.append(unit(event()));
      proxy.swallowAnswers();
      const first = store.append(unit(event({ data: '"first"' })));
      await turn();
      const second = store.append(unit(event({ data: '"second"' })));
      await reached(database, 3 * round + 2);
      proxy.cut();
      expect((await Promise.all([first, second])).map(firstOf)).toEqual([
        3 * round + 2,
        3 * round + 3,
      ]);
    }
    expect(await readAll(store)).toHaveLength(30);
  });

  test('is told to those who listen, once', async () => {
    const database = await newDatabase();
    const proxy = await startProxy(database.url);
    const store = await database.open({ url: proxy.url });
    const heard: number[] = [];
    store.onCommitted((records) => heard.push(...records.map(({ seq }) => seq)));
    await store.append(unit(event()));
    proxy.swallowAnswers();
    const appended = range(2, 20).map(() => store.append(unit(event())));
    await reached(database, 20);
    proxy.cut();
    await Promise.all(appended);
    expect(heard).toEqual(range(1, 20));
  });
});

describe('a connection that is only half open', () => {
  test('is given up by who writes and who reads when answers are overdue', async () => {
    const database = await newDatabase();
    const proxy = await startProxy(database.url);
    const clock = new SimulatedClock();
    const store = await database.open({ url: proxy.url, clock });
    await store.append(unit(event()));
    await readAll(store);

    proxy.swallowAnswers();
    const both = Promise.all([store.append(unit(event())), store.read({ after: 0, limit: 1 })]);
    await reached(database, 2);
    proxy.answerAgain();
    clock.advance(36_000);
    const [appended, page] = await drive(both, () => clock.advance(1));
    expect(appended).toEqual({ kind: 'appended', first: 2 });
    expect(page.map(({ seq }) => seq)).toEqual([1]);
    expect(await readAll(await database.open())).toHaveLength(2);
  });
});

describe('a server that is gone', () => {
  test('fails an append after a minute, which says that its outcome is unknown', async () => {
    const database = await newDatabase();
    const proxy = await startProxy(database.url);
    const clock = new SimulatedClock();
    const store = await database.open({ url: proxy.url, clock });
    await store.append(unit(event()));

    proxy.close();
    const appended = drive(store.append(unit(event())), () => clock.advance(100));
    await expect(appended).rejects.toMatchObject({ code: 'store.unreachable' });
    expect(clock.monotonic()).toBeGreaterThan(60_000);
  });

  test('is found again when it is back', async () => {
    const database = await newDatabase();
    const store = await database.open();
    await store.append(unit(event()));
    await database.crash();
    expect(await readAll(store)).toHaveLength(1);
    expect(firstOf(await store.append(unit(event())))).toBe(2);
  });
});
