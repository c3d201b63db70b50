import { describe, expect, test } from 'vitest';
import { checkRows, type RowsReport } from '../../src/runs/rebuild.ts';
import type { LetterRow, LogRecord, RunRow, Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { flowOf, stepOf } from './pieces.ts';
import { Workshop } from './workshop.ts';

const flow = flowOf(stepOf(), stepOf({ id: 'send', effect: 'ask' }));

/** A log with runs that have ended, run and wait. */
async function busy(): Promise<Workshop> {
  const shop = await Workshop.open({
    flow,
    act: async ({ event: { data }, step }) => {
      if (data === 'waits' && step === 'send') return new Promise(() => {});
      if (data === 'asks' && step === 'send') throw new Error('who knows');
      return { kind: 'done', output: null };
    },
  });
  await shop.reaches(await shop.begin('"ends"'), 'succeeded');
  await shop.reaches(await shop.begin('"asks"'), 'waiting');
  await shop.begin('"waits"');
  await shop.queue();
  await shop.settle();
  return shop;
}

async function check(store: Store): Promise<RowsReport> {
  return checkRows(store, () => {});
}

describe('the rows of runs', () => {
  test('are what the log says, and every record is looked at', async () => {
    const { store } = await busy();
    const told: number[] = [];
    const report = await checkRows(store, (seen, all) => told.push(seen, all));
    expect(report).toEqual({ events: store.head(), runs: 4, letters: 1, differences: [] });
    expect(told).toEqual([store.head(), store.head()]);
  });

  test('of a log without runs are none', async () => {
    const { store } = await Workshop.open({
      flow,
      act: async () => ({ kind: 'done', output: null }),
    });
    await expect(check(store)).resolves.toEqual({
      events: 0,
      runs: 0,
      letters: 0,
      differences: [],
    });
  });

  test('are found that differ, field by field', async () => {
    const { store } = await busy();
    const altered = async (id: number): Promise<RunRow | undefined> => {
      const row = await store.run(id);
      return row === undefined ? undefined : { ...row, attempt: 7, reason: 'made up' };
    };
    const { differences } = await check(alteredStore(store, { run: altered }));
    expect(differences).toHaveLength(8);
    expect(differences).toContainEqual({ run: 2, field: 'attempt', row: '7', folded: '1' });
    expect(differences).toContainEqual({ run: 2, field: 'reason', row: 'made up', folded: 'null' });
  });

  test('are found that are gone', async () => {
    const { store } = await busy();
    const { differences } = await check(alteredStore(store, { run: async () => undefined }));
    expect(differences).toContainEqual({ run: 2, field: 'id', row: 'undefined', folded: '2' });
    expect(differences.length).toBeLessThanOrEqual(100);
  });

  test('are told of at most a hundred times', async () => {
    const shop = await busy();
    for (let n = 0; n < 20; n++) await shop.queue();
    const { differences } = await check(alteredStore(shop.store, { run: async () => undefined }));
    expect(differences).toHaveLength(100);
  });

  test('are found that the log knows nothing of', async () => {
    const { store } = await busy();
    const runs: Store['runs'] = async (query) => {
      const rows = await store.runs(query);
      return rows.flatMap((row) => (row.id === 2 ? [row, { ...row, id: 1 }] : [row]));
    };
    const { differences } = await check(alteredStore(store, { runs }));
    expect(differences).toEqual([{ run: 0, field: 'count', row: '5', folded: '4' }]);
  });

  test('may be newer than what was read of the log', async () => {
    const shop = await busy();
    const head = shop.store.head();
    await shop.runner.start();
    await shop.settle();
    expect(shop.store.head()).toBeGreaterThan(head);
    await expect(check(alteredStore(shop.store, { head: () => head }))).resolves.toEqual({
      events: head,
      runs: 4,
      letters: 1,
      differences: [],
    });
  });

  test('leave out what is no run’s, or whose beginning is gone', async () => {
    const { store } = await busy();
    const read: Store['read'] = async (query) => {
      const records = await store.read(query);
      const [first] = records;
      if (first === undefined) return [];
      const stranger: LogRecord = { ...first, type: 'step.started', stream: 9_999 };
      return [{ ...stranger, stream: null }, stranger, ...records];
    };
    await expect(check(alteredStore(store, { read }))).resolves.toMatchObject({ differences: [] });
  });
});

describe('the dead letters', () => {
  /** A log with a run that failed, was retried and succeeded, and one that nobody knows of. */
  async function settled(): Promise<Workshop> {
    let fails = true;
    const shop = await Workshop.open({
      flow,
      act: async ({ event: { data }, step }) => {
        if (data === 'asks' && step === 'send') throw new Error('who knows');
        const error = { code: 'x.failed', message: 'It broke.', happened: 'no' } as const;
        return fails && data !== 'asks' ? { kind: 'fail', error } : { kind: 'done', output: null };
      },
    });
    const run = await shop.begin('"fails"');
    await shop.reaches(run, 'failed');
    fails = false;
    const { version } = await shop.row(run);
    const closes = { letter: version, state: 'retried' } as const;
    const retry = await shop.runner.repair.retry(run, { by: 'ada', reason: null, closes });
    expect(retry.kind).toBe('done');
    await shop.pass(1);
    await shop.reaches(run, 'succeeded');
    await shop.reaches(await shop.begin('"asks"'), 'waiting');
    return shop;
  }

  test('are what the log says, also those of runs that went on after their end', async () => {
    const { store } = await settled();
    const letters = await store.letters({ limit: 10 });
    expect(letters.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'step open',
      'run retried',
    ]);
    expect(await check(store)).toMatchObject({ runs: 2, letters: 2, differences: [] });
  });

  test('are found that differ, field by field', async () => {
    const { store } = await settled();
    const letter: Store['letter'] = async (id) => {
      const row = await store.letter(id);
      return row === undefined ? undefined : { ...row, attempts: 9, message: 'made up' };
    };
    const { differences } = await check(alteredStore(store, { letter }));
    const [step] = await store.letters({ limit: 1 });
    const id = step?.id ?? 0;
    expect(differences).toHaveLength(4);
    expect(differences).toContainEqual({ letter: id, field: 'attempts', row: '9', folded: '1' });
    expect(differences).toContainEqual({
      letter: id,
      field: 'message',
      row: 'made up',
      folded: step?.message,
    });
  });

  test('are found that are gone, or that the log knows nothing of', async () => {
    const { store } = await settled();
    const gone = await check(alteredStore(store, { letter: async () => undefined }));
    const [step] = await store.letters({ limit: 1 });
    const id = step?.id ?? 0;
    expect(gone.differences).toContainEqual({
      letter: id,
      field: 'id',
      row: 'undefined',
      folded: String(id),
    });
    const letters: Store['letters'] = async (query) => {
      const rows = await store.letters(query);
      return rows.flatMap((row) => (row.id === id ? [row, { ...row, id: 1 }] : [row]));
    };
    const { differences } = await check(alteredStore(store, { letters }));
    expect(differences).toEqual([{ letter: 0, field: 'count', row: '3', folded: '2' }]);
  });

  test('are found that were closed by nobody, or opened again', async () => {
    const { store } = await settled();
    const [open, closed] = await store.letters({ limit: 2 });
    const forged = (id: number | undefined, change: Partial<LetterRow>): Store =>
      alteredStore(store, {
        letter: async (asked) => {
          const row = await store.letter(asked);
          return row !== undefined && asked === id ? { ...row, ...change } : row;
        },
      });
    const dropped = forged(open?.id, { state: 'dropped', closed: closed?.closed ?? null });
    const nowhere = forged(open?.id, { state: 'retried', closed: 99_999 });
    const half = forged(open?.id, { state: 'retried', closed: null });
    for (const store_ of [dropped, nowhere, half]) {
      expect((await check(store_)).differences).toMatchObject([
        { letter: open?.id, field: 'state', folded: 'open' },
      ]);
    }
    const opened = forged(closed?.id, { state: 'open', closed: null });
    expect((await check(opened)).differences).toEqual([
      { letter: closed?.id, field: 'closed', row: 'null', folded: String(closed?.closed) },
    ]);
  });
});
