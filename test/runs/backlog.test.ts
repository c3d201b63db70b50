import { describe, expect, test } from 'vitest';
import { Backlog, headOf } from '../../src/runs/backlog.ts';
import type { RunRow } from '../../src/store/contract.ts';

const LANE = 'flow';

function due(id: number): RunRow {
  return { id, lane: LANE, due: id } as RunRow;
}

/** A backlog whose store answers when the test does. */
function waiting() {
  let resolve: (rows: RunRow[]) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const asked = new Promise<RunRow[]>((one, other) => {
    resolve = one;
    reject = other;
  });
  return { resolve, reject, backlog: new Backlog({ claimable: () => asked }, () => false) };
}

describe('while a lane is read', () => {
  test.each(Array.from({ length: 12 }, (_, turn) => turn))(
    'no run is lost that falls due %i turns after the answer',
    async (turns) => {
      const { backlog, resolve } = waiting();
      const reading = backlog.read(LANE, 'waiting', 10);
      resolve([]);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      backlog.woke(due(5), null);
      await reading;
      expect(backlog.head(LANE, 'waiting')).toEqual({ due: 5, id: 5 });
      expect(backlog.take(LANE, 'waiting')).toEqual(due(5));
    },
  );

  test('nothing is said of its first run, and what is read is kept', async () => {
    const { backlog, resolve } = waiting();
    const reading = backlog.read(LANE, 'waiting', 10);
    expect(backlog.head(LANE, 'waiting')).toBeUndefined();
    resolve([due(3)]);
    await reading;
    expect(backlog.take(LANE, 'waiting')).toEqual(due(3));
  });

  test('and the store gives no answer, nothing is known of it', async () => {
    const { backlog, reject } = waiting();
    const reading = backlog.read(LANE, 'waiting', 10);
    backlog.woke(due(5), null);
    reject(new Error('no answer'));
    await expect(reading).rejects.toThrow('no answer');
    expect(backlog.head(LANE, 'waiting')).toBeUndefined();
  });
});

describe('what was read of a lane', () => {
  async function read(...ids: readonly number[]): Promise<Backlog> {
    const { backlog, resolve } = waiting();
    const reading = backlog.read(LANE, 'waiting', 10);
    resolve(ids.map(due));
    await reading;
    return backlog;
  }

  function takeAll(backlog: Backlog): readonly number[] {
    const ids: number[] = [];
    for (;;) {
      const row = backlog.take(LANE, 'waiting');
      if (row === undefined) return ids;
      ids.push(row.id);
    }
  }

  test('takes in a run that falls due where it comes', async () => {
    const backlog = await read(3, 7, 20);
    backlog.woke(due(5), headOf(due(3)));
    expect(takeAll(backlog)).toEqual([3, 5, 7]);
    expect(backlog.head(LANE, 'waiting')).toEqual({ due: 20, id: 20 });
  });

  test('says no more who is due later once something has become of that run', async () => {
    const gone = await read(3, 20);
    gone.forget(20, LANE, 'waiting');
    const woken = await read(3, 20);
    woken.woke({ ...due(20), due: 5 }, headOf(due(3)));
    for (const backlog of [gone, woken]) {
      takeAll(backlog);
      expect(backlog.head(LANE, 'waiting')).toBeUndefined();
    }
  });

  test('gives no run that was forgotten, or moved on meanwhile', async () => {
    const backlog = await read(3, 7);
    backlog.forget(3, LANE, 'waiting');
    expect(takeAll(backlog)).toEqual([7]);
    const { backlog: other, resolve } = waiting();
    const reading = other.read(LANE, 'waiting', 10);
    other.moved(3);
    resolve([due(3), due(7)]);
    await reading;
    expect(takeAll(other)).toEqual([7]);
  });
});
