import { describe, expect, test } from 'vitest';
import type { Flow } from '../../src/flows/flow.ts';
import type { Key } from '../../src/flows/key.ts';
import type { LaneRow, OpenRuns } from '../../src/store/contract.ts';
import { behindProjects, heldBy } from '../../src/views/held-by.ts';

const key: Key = { text: 'payload.repo', of: () => 'api' };
const LANE = 'deploy ["api",null,null]';

function flowOf(limits: Partial<Flow>): Flow {
  return { name: 'deploy', triggers: [], steps: [], ...limits };
}

function laneOf(lane: string, open: Partial<OpenRuns>): LaneRow {
  const none = { queued: 0, running: 0, waiting: 0, paused: 0 };
  return { lane, open: { ...none, ...open }, due: { queued: null, waiting: null } };
}

const concurrency = { limit: 2, onFull: 'queue' } as const;

test.each<[string, Flow, string, { lanes: LaneRow[]; held: string[] }]>([
  ['no limit', flowOf({}), 'deploy', { lanes: [laneOf('deploy', { running: 9 })], held: [] }],
  [
    'as many under way as may be',
    flowOf({ concurrency }),
    'deploy',
    {
      lanes: [laneOf('deploy', { running: 2 }), laneOf('other', { running: 5 })],
      held: ['at most 2 of flow "deploy" are under way at once, as "concurrency" says, and 2 are'],
    },
  ],
  [
    'fewer',
    flowOf({ concurrency }),
    'deploy',
    { lanes: [laneOf('deploy', { running: 1 })], held: [] },
  ],
  [
    'an earlier run with its key',
    flowOf({ order: key }),
    LANE,
    {
      lanes: [laneOf(LANE, { waiting: 1 }), laneOf('deploy ["web",null,null]', { running: 1 })],
      held: ['an earlier run of flow "deploy" with key "api" is open, and "order" says one by one'],
    },
  ],
  [
    'none with its key',
    flowOf({ order: key }),
    LANE,
    { lanes: [laneOf(LANE, { queued: 3 })], held: [] },
  ],
  [
    'a throttle, as far as is known',
    flowOf({ throttle: { limit: 3, perMs: 60_000 } }),
    'deploy',
    {
      lanes: [laneOf('deploy', { queued: 1 })],
      held: ['"throttle" of flow "deploy" lets 3 in 1 min begin, or no slot is free'],
    },
  ],
])('a queued run is held by %s', (_, flow, lane, { lanes, held }) => {
  expect(heldBy(lane, flow, lanes)).toEqual(held);
});

describe('a run whose project is not next', () => {
  const flows = new Map(
    [
      flowOf({ name: 'deploy', project: 'api' }),
      flowOf({ name: 'build', project: 'api' }),
      flowOf({ name: 'pages', project: 'web' }),
      flowOf({ name: 'mail' }),
    ].map((flow) => [flow.name, flow]),
  );
  const behind = (name: string, lanes: readonly LaneRow[]): string | undefined =>
    behindProjects(flowOf(flows.get(name) ?? {}), flows, lanes);

  test('is told which may come before it, and what its own holds', () => {
    const lanes = [
      laneOf('deploy', { queued: 2 }),
      laneOf('build', { running: 3 }),
      laneOf('pages', { running: 1, queued: 1 }),
      laneOf('mail', { queued: 1 }),
    ];
    expect(behind('deploy', lanes)).toBe(
      'project "api" holds 3 of the slots, which go round projects: ' +
        'so "web", flows without one may come first',
    );
    expect(behind('mail', lanes)).toBeUndefined();
  });

  test('is told nothing where no other waits, or those hold more', () => {
    expect(behind('deploy', [laneOf('build', { running: 3 })])).toBeUndefined();
    const more = [laneOf('build', { running: 1 }), laneOf('pages', { running: 2, queued: 9 })];
    expect(behind('deploy', more)).toBeUndefined();
  });
});
