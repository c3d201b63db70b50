import { describe, expect, test } from 'vitest';
import type { Gather } from '../../src/flows/flow.ts';
import { encodeWindow, type Member, seqsOf } from '../../src/routing/window.ts';
import { type Stage, type WindowLimits, Windows, windowWrites } from '../../src/routing/windows.ts';
import type { WindowRow } from '../../src/store/contract.ts';

const gather: Gather = { kind: 'debounce', quietMs: 100, maxMs: 1_000, size: 3 };

function member(seq: number, received = seq): Member {
  return { seq, received, hops: 0, correlation: 'root', trust: 'trusted' };
}

/** The windows with one stage on top of them. */
class Board {
  readonly windows: Windows;
  stage: Stage;

  constructor(limits: Partial<WindowLimits> = {}) {
    this.windows = new Windows([], limits);
    this.stage = this.windows.stage();
  }

  /** Joins, and says which events were closed by that. */
  join(key: string, seq: number, received = seq): number[] {
    const { windows, stage } = this;
    const closed = windows.join(stage, { flow: 'a', key, gather }, member(seq, received));
    return closed === undefined ? [] : seqsOf(closed.window);
  }

  next(): Stage {
    this.stage = this.windows.stage();
    return this.stage;
  }

  /** The keys that are due by then, each closed in turn. */
  closeDue(now: number): string[] {
    const keys: string[] = [];
    for (;;) {
      const open = this.windows.overdue(now);
      if (open === undefined) return keys;
      this.windows.close(this.stage, open);
      keys.push(open.key);
    }
  }
}

describe('open windows', () => {
  test('are none at first, and nothing is due', () => {
    const { windows } = new Board();
    expect([windows.size, windows.nextDue, windows.overdue(9e9)]).toEqual([
      0,
      undefined,
      undefined,
    ]);
  });

  test('close in the order of their due times, and never before', () => {
    const board = new Board();
    board.join('late', 1, 20);
    board.join('early', 2, 10);
    board.join('same', 3, 10);
    expect(board.windows.nextDue).toBe(110);
    expect(board.closeDue(109)).toEqual([]);
    expect(board.closeDue(120)).toEqual(['early', 'same', 'late']);
    expect(board.windows.nextDue).toBeUndefined();
  });

  test('are put off by each event that joins', () => {
    const board = new Board();
    board.join('a', 1, 0);
    board.join('b', 2, 50);
    board.join('a', 3, 90);
    expect(board.closeDue(150)).toEqual(['b']);
    expect(board.closeDue(190)).toEqual(['a']);
  });

  test('close at once when they are full', () => {
    const board = new Board();
    expect([board.join('a', 1), board.join('a', 2), board.join('a', 5)]).toEqual([
      [],
      [],
      [1, 2, 5],
    ]);
    expect(board.windows.size).toBe(0);
    expect(board.join('a', 6)).toEqual([]);
  });

  test('are told apart by flow and key, wherever the one ends', () => {
    const windows = new Windows();
    const stage = windows.stage();
    const names = [
      ['a', '1'],
      ['a1', ''],
      ['1', ' a'],
      ['1 ', 'a'],
    ] as const;
    for (const [flow, key] of names) windows.join(stage, { flow, key, gather }, member(1));
    expect(windows.size).toBe(names.length);
  });

  test('are as many as the limit says: what is more, is a window of its own', () => {
    const board = new Board({ windows: 2 });
    expect([board.join('a', 1), board.join('b', 2), board.join('c', 3)]).toEqual([[], [], [3]]);
    expect(windowWrites(board.stage).map(({ key }) => key)).toEqual(['a', 'b']);
    expect(board.join('a', 4)).toEqual([]);
    board.closeDue(9_999);
    expect(board.join('c', 5)).toEqual([]);
  });

  test('hold as many events as the limit says: what is more, closes where it joins', () => {
    const board = new Board({ members: 3 });
    for (const [key, seq] of [
      ['a', 1],
      ['b', 2],
      ['b', 3],
    ] as const)
      board.join(key, seq);
    expect(board.join('b', 4)).toEqual([2, 3, 4]);
    expect([board.join('c', 5), board.join('c', 6), board.join('d', 7)]).toEqual([[], [], [7]]);
  });

  test('cost the queue no more than a bounded multiple, however often they are put off', () => {
    const board = new Board();
    const patient = { flow: 'a', gather: { ...gather, maxMs: 1_000_000, size: 100_000 } };
    for (let seq = 1; seq <= 9_000; seq++) {
      board.windows.join(board.stage, { ...patient, key: `${seq % 3}` }, member(seq));
    }
    expect(board.windows.nextDue).toBe(9_098);
    expect(board.closeDue(9_100)).toEqual(['1', '2', '0']);
  });
});

describe('what a round makes of the windows', () => {
  test('is written once for each of them, as it stands in the end', () => {
    const board = new Board();
    board.join('a', 1);
    board.join('a', 2);
    board.join('b', 3);
    const [a, b, ...others] = windowWrites(board.stage);
    expect(others).toEqual([]);
    expect(a).toMatchObject({ flow: 'a', key: 'a', columns: { due: 102 } });
    expect(b).toMatchObject({ flow: 'a', key: 'b', columns: { due: 103 } });
  });

  test('deletes what closes, and says nothing of what opened and closed within it', () => {
    const board = new Board();
    board.join('a', 1);
    const first = board.stage;
    board.next();
    for (const seq of [2, 3]) board.join('a', seq);
    for (const seq of [4, 5, 6]) board.join('b', seq);
    expect(windowWrites(board.stage)).toEqual([{ flow: 'a', key: 'a', columns: null }]);
    expect(windowWrites(first)).toMatchObject([{ columns: { due: 101 } }]);
  });

  test('is taken back, with all that was planned on top of it', () => {
    const board = new Board();
    board.join('a', 1, 0);
    board.windows.commit(board.stage);
    const lost = board.next();
    board.join('a', 2, 90);
    board.join('b', 3, 95);
    board.next();
    board.closeDue(9_999);
    expect(board.windows.size).toBe(0);
    board.windows.discard(lost);
    expect([board.windows.size, board.windows.nextDue]).toEqual([1, 100]);
    board.next();
    expect([board.join('a', 4, 91), board.join('a', 5, 92)]).toEqual([[], [1, 4, 5]]);
  });

  test('alone is taken back where only it is given up', () => {
    const board = new Board();
    board.join('a', 1, 0);
    const kept = board.stage;
    board.next();
    board.join('a', 2, 50);
    board.windows.discard(board.stage);
    board.windows.commit(kept);
    expect(board.windows.nextDue).toBe(100);
  });

  test('stays once it is durable, with what came before it', () => {
    const board = new Board();
    board.join('a', 1);
    const first = board.stage;
    const second = board.next();
    board.join('b', 2);
    board.windows.commit(second);
    board.windows.discard(second);
    board.windows.discard(first);
    board.windows.commit(first);
    expect(board.windows.size).toBe(2);
  });

  test('counts no event twice that is taken back', () => {
    const board = new Board({ members: 3 });
    for (let i = 0; i < 10; i++) {
      board.join('a', 1);
      board.join('a', 2);
      board.windows.discard(board.stage);
      board.next();
    }
    expect([board.join('a', 1), board.join('a', 2), board.join('b', 3)]).toEqual([[], [], []]);
  });
});

test('windows are loaded from their rows, all pages of them', async () => {
  const board = new Board();
  for (let seq = 1; seq <= 2_500; seq++) board.join(`k${seq}`, seq);
  const rows = windowWrites(board.stage).map((write): WindowRow => {
    const { flow, key, columns } = write;
    if (columns === null) throw new Error('none of them closes');
    return { flow, key, ...columns };
  });
  const asked: number[] = [];
  const loaded = await Windows.load({
    windows: ({ limit, after }) => {
      const from = after === undefined ? 0 : rows.findIndex(({ key }) => key === after.key) + 1;
      asked.push(from);
      return Promise.resolve(rows.slice(from, from + limit));
    },
  });
  expect(asked).toEqual([0, 1_000, 2_000, 2_500]);
  expect([loaded.size, loaded.nextDue]).toEqual([2_500, 101]);
  const open = loaded.overdue(101);
  expect(open && encodeWindow(open.window)).toEqual({ due: 101, state: rows[0]?.state });
});
