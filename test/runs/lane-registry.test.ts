import { queryObjects } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { LimitState } from '../../src/runs/lane-state.ts';
import { Lanes } from '../../src/runs/lanes.ts';
import type { LaneRow } from '../../src/store/contract.ts';
import { keyOf, limited } from './lanes-model.ts';

/** Lanes of `deploy`, whose runs keep an order by repository; one may be open at once. */
function lanesByRepo(): Lanes {
  const concurrency = { limit: 1, onFull: 'drop' } as const;
  const flow = limited('deploy', { order: keyOf('repo'), concurrency });
  const lanes = new Lanes({ slots: 4, since: 0 });
  lanes.useFlows(new Map([[flow.name, flow]]), 0);
  return lanes;
}

function laneOf(repo: number): string {
  return `deploy ["repo-${repo}",null,null]`;
}

/** How many limits are kept in memory: one for each key, and the flow's own. */
function limitsKept(lanes: Lanes): number {
  expect(lanes.slots).toBe(4);
  return queryObjects(LimitState, { format: 'count' });
}

const open = { queued: 0, running: 0, waiting: 0, paused: 0 };
const due = { queued: null, waiting: null };

describe('a lane by key is kept only while it has runs', () => {
  test('not for events that are refused', () => {
    const lanes = lanesByRepo();
    lanes.enter(laneOf(0), 'running', 1);
    const before = limitsKept(lanes);
    for (let n = 1; n <= 1_000; n++) expect(lanes.admit(laneOf(n), 2)).toBe('drop');
    expect(limitsKept(lanes)).toBe(before);
  });

  test('not even its rate, where nothing has begun under it', () => {
    const concurrency = { limit: 1, onFull: 'drop' } as const;
    const throttle = { key: keyOf('repo'), limit: 1, perMs: 86_400_000 };
    const lanes = new Lanes({ slots: 4, since: 0 });
    lanes.useFlows(new Map([['deploy', limited('deploy', { concurrency, throttle })]]), 0);
    lanes.enter('deploy [null,null,"repo-0"]', 'running', 1);
    const before = limitsKept(lanes);
    for (let n = 1; n <= 1_000; n++) {
      expect(lanes.admit(`deploy [null,null,"repo-${n}"]`, 2)).toBe('drop');
    }
    expect(limitsKept(lanes)).toBe(before);
  });

  test('nor for questions about it', () => {
    const lanes = lanesByRepo();
    lanes.enter(laneOf(0), 'running', 1);
    const before = limitsKept(lanes);
    for (let n = 1; n <= 1_000; n++) {
      expect(lanes.excess(laneOf(n))).toBe(0);
      expect(lanes.sharingConcurrency(laneOf(n))).not.toContain(laneOf(0));
    }
    expect(limitsKept(lanes)).toBe(before);
  });

  test('nor when its runs are found to be gone', () => {
    const lanes = lanesByRepo();
    const before = limitsKept(lanes);
    const rows = Array.from({ length: 1_000 }, (_, n): LaneRow => {
      return { lane: laneOf(n), open: { ...open, queued: 1 }, due: { ...due, queued: 1 } };
    });
    lanes.load(rows, 2);
    expect(limitsKept(lanes)).toBe(before + 1_001);
    lanes.reload([], 3);
    expect(limitsKept(lanes)).toBe(before);
  });

  test('nor where the store still takes for running what has ended meanwhile', () => {
    const lanes = lanesByRepo();
    const before = limitsKept(lanes);
    const rows = Array.from({ length: 1_000 }, (_, n): LaneRow => {
      return { lane: laneOf(n), open: { ...open, running: 1 }, due };
    });
    lanes.reloadBusy(rows, 2);
    expect(limitsKept(lanes)).toBe(before);
  });
});

test('a rate outlives its lane for as long as it matters', () => {
  const throttle = { key: keyOf('user'), limit: 1, perMs: 1_000 };
  const flow = limited('deploy', { throttle });
  const lanes = new Lanes({ slots: 4, since: -5_000 });
  lanes.useFlows(new Map([[flow.name, flow]]), -5_000);
  const lane = 'deploy [null,null,"ada"]';
  expect(lanes.admit(lane, 0)).toBe('lease');
  lanes.enter(lane, 'running', 0);
  lanes.move(lane, 'running', null, 1);
  expect(lanes.admit(lane, 2)).toBe('queue');
  expect(lanes.admit(lane, 999)).toBe('queue');
  expect(lanes.admit(lane, 1_000)).toBe('lease');
});
