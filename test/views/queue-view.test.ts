import { expect, test } from 'vitest';
import { branchLane } from '../../src/runs/lane-names.ts';
import type { LaneRow, OpenRuns } from '../../src/store/contract.ts';
import { countOpen, viewQueue } from '../../src/views/queue-view.ts';

const none: OpenRuns = { queued: 0, running: 0, waiting: 0, paused: 0 };

function laneOf(lane: string, open: Partial<OpenRuns>, queued: number | null): LaneRow {
  return { lane, open: { ...none, ...open }, due: { queued, waiting: null } };
}

const LANES = [
  laneOf('mill ["a"]', { queued: 2, waiting: 1 }, 400),
  laneOf('mill ["b"]', { queued: 1, paused: 1 }, 100),
  laneOf('bake', { queued: 1, running: 1 }, 700),
  laneOf(branchLane('mill'), { queued: 5, running: 16 }, 50),
];

test('the lanes of a flow are one queue, and the branches of its runs are not in it', () => {
  expect(viewQueue(LANES, 1_000)).toEqual([
    { flow: 'mill', depth: 3, age_ms: 900 },
    { flow: 'bake', depth: 1, age_ms: 300 },
  ]);
});

test('a run counts once, however many branches it has', () => {
  expect(countOpen(LANES)).toEqual({ queued: 4, running: 1, waiting: 1, paused: 1 });
});
