import { describe, expect, test } from 'vitest';
import { Backlog } from '../../src/runs/backlog.ts';
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
