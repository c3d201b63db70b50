import { expect, test } from 'vitest';
import type { Flow, Fork, ForkStep } from '../../src/flows/flow.ts';
import type { Key } from '../../src/flows/key.ts';
import { viewFlow } from '../../src/views/flow-view.ts';
import { choiceOf, flowOf, positive, stepOf } from '../runs/pieces.ts';

test('a flow is shown with its conditions and choices, not with the contents of its steps', () => {
  const flow = flowOf(
    stepOf({ id: 'a', name: 'Build it', guard: positive }),
    choiceOf([stepOf({ id: 'b' })]),
  );
  expect(viewFlow(flow)).toEqual({
    name: 'deploy',
    on: [{ event: 'pushed' }],
    steps: [
      { id: 'a', kind: 'act', name: 'Build it', if: 'payload.n > 0' },
      {
        id: 'choice',
        kind: 'if',
        if: 'payload.n > 0',
        then: [{ id: 'b', kind: 'act' }],
        else: [],
      },
    ],
  });
});

function forkOf(id: string, fork: Fork): ForkStep {
  return { id, kind: fork.kind, fork };
}

test('forks are shown with the steps inside them, and without their data', () => {
  const called = { kind: 'call', flow: 'build', data: 's3cret' } as const;
  const inner = forkOf('inner', { ...called, detach: false, close: 'cancel' });
  const each = {
    kind: 'each',
    items: ['s3cret'],
    as: 'file',
    do: [inner],
    concurrency: 2,
  } as const;
  const outer = forkOf('both', {
    kind: 'parallel',
    steps: [choiceOf([forkOf('all', each)]), stepOf({ id: 'b' })],
  });
  const flow: Flow = {
    ...flowOf({ ...outer, guard: positive }),
    onFailure: [stepOf({ id: 'tell' })],
  };
  expect(viewFlow(flow)).toEqual({
    name: 'deploy',
    on: [{ event: 'pushed' }],
    steps: [
      {
        id: 'both',
        kind: 'parallel',
        if: 'payload.n > 0',
        parallel: [
          {
            id: 'choice',
            kind: 'if',
            if: 'payload.n > 0',
            then: [
              {
                id: 'all',
                kind: 'each',
                as: 'file',
                concurrency: 2,
                do: [{ id: 'inner', kind: 'call', call: 'build', detach: false, close: 'cancel' }],
              },
            ],
            else: [],
          },
          { id: 'b', kind: 'act' },
        ],
      },
    ],
    on_failure: [{ id: 'tell', kind: 'act' }],
  });
});

const key: Key = { text: 'payload.repo', of: () => 'api' };

test.each<[Partial<Flow>, object]>([
  [{}, {}],
  [{ totalMs: 5 }, { timeout: { total_ms: 5 } }],
  [{ queueMs: 6 }, { timeout: { queue_ms: 6 } }],
  [{ totalMs: 5, queueMs: 6 }, { timeout: { total_ms: 5, queue_ms: 6 } }],
  [
    { concurrency: { limit: 1, onFull: 'drop', key } },
    { concurrency: { limit: 1, on_full: 'drop', key: 'payload.repo' } },
  ],
  [{ throttle: { limit: 1, perMs: 7 } }, { throttle: { limit: 1, per_ms: 7 } }],
  [
    { order: key, priority: 0 },
    { order: 'payload.repo', priority: 0 },
  ],
  [
    { gather: { kind: 'debounce', quietMs: 5, maxMs: 50, size: 9, key } },
    { debounce: { wait_ms: 5, max_wait_ms: 50, size: 9, key: 'payload.repo' } },
  ],
  [{ gather: { kind: 'batch', maxMs: 50, size: 9 } }, { batch: { max_wait_ms: 50, size: 9 } }],
])('limits are shown by the keys that write them: %j', (limits, expected) => {
  const { name, on, steps, ...shown } = viewFlow({ ...flowOf(stepOf()), ...limits });
  expect([name, on.length, steps.length]).toEqual(['deploy', 1, 1]);
  expect(shown).toEqual(expected);
});
