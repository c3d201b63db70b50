import { expect, test } from 'vitest';
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
    limits: {},
  });
});

test('whatever bounds the runs of a flow is shown as it is written', () => {
  const template = { kind: 'template', text: '{payload.n}', render: () => 1 };
  const further = { totalMs: 5, order: positive, concurrency: { key: template, limit: 2 } };
  const flow = { ...flowOf(), ...further, onFailure: [stepOf()], priority: undefined };
  expect(viewFlow(flow).limits).toEqual({
    totalMs: 5,
    order: 'payload.n > 0',
    concurrency: { key: '{payload.n}', limit: 2 },
  });
});
