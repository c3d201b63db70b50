import { expect, test } from 'vitest';
import { flow } from '../../src/flows/code/flow.ts';
import { tool } from '../../src/flows/code/tool.ts';
import { testbox } from '../../src/signalbox/testing/testbox.ts';
import { viewGraph } from '../../src/views/graph-view.ts';
import { choreographyBox, SEED_FLOW } from '../fixtures/choreography-box.ts';

test('a flow leads to what the tools of its steps say that they emit', async () => {
  const made = await testbox({
    tools: [tool('compose', { module: new URL(import.meta.url), emits: ['composed', 'refused'] })],
    flows: [
      flow('write', { on: 'asked' }, (step) => [
        step.when('true', [
          step.tool('text', 'compose'),
          step.tool('log', 'git', {}, { action: 'log' }),
        ]),
      ]),
      flow('send', { on: 'composed' }, (step) => [step.emit('sent')]),
    ],
  });
  const { edges } = viewGraph(await made.engine.catalog());
  await made.stop();
  expect(edges.filter(({ from }) => from === 'flow:write' || from === 'tool:compose')).toEqual([
    { from: 'flow:write', to: 'tool:compose', kind: 'calls', step: 'text' },
    { from: 'tool:compose', to: 'event:composed', kind: 'emits' },
    { from: 'tool:compose', to: 'event:refused', kind: 'emits' },
  ]);
});

test('a flow that uses the tool of its name is no part of the tool', async () => {
  const made = await choreographyBox({
    'tools/stage.yaml': 'tool: stage\nrun: [stage]\n',
    'tools/commit.yaml': 'tool: commit\non: commit_requested\nrun: [commit]\n',
    'flows/stage.yaml': 'flows: { stage: { on: staging_requested, tool: stage } }\n',
  });
  const { nodes, edges } = viewGraph(await made.engine.catalog());
  expect(nodes.map(({ id }) => id)).toEqual(expect.arrayContaining(['flow:stage', 'tool:stage']));
  expect(edges).toEqual([
    { from: 'event:staging_requested', to: 'flow:stage', kind: 'starts' },
    { from: 'flow:stage', to: 'tool:stage', kind: 'calls', step: '1' },
    { from: 'event:commit_requested', to: 'tool:commit', kind: 'starts' },
  ]);
});

test('what undoes a step leads on as the step does', async () => {
  const made = await choreographyBox({
    'flows/pay.yaml': `
flows:
  pay:
    on: ordered
    steps:
      - { id: charge, emit: charged, compensate: { emit: refunded } }
      - { emit: paid }
  tell: { on: refunded, emit: told }
`,
  });
  const { edges } = viewGraph(await made.engine.catalog());
  expect(edges.filter(({ kind, from }) => kind === 'emits' && from === 'flow:pay')).toEqual([
    { from: 'flow:pay', to: 'event:charged', kind: 'emits', step: 'charge' },
    { from: 'flow:pay', to: 'event:refunded', kind: 'emits', step: 'charge.undo' },
    { from: 'flow:pay', to: 'event:paid', kind: 'emits', step: '2' },
  ]);
});

test('a choreography is one node, and each of its edges names the rule', async () => {
  const made = await choreographyBox({
    'choreographies/c.yaml': SEED_FLOW,
    'flows/waits.yaml': `
flows:
  waits:
    on: go
    steps: [ { id: w, wait: { event: audit_log_requested, match: { payload.n: "1" } } } ]
`,
  });
  const { nodes, edges } = viewGraph(await made.engine.catalog());
  expect(nodes.filter(({ kind }) => kind !== 'event').map(({ id }) => id)).toEqual([
    'choreography:commit_flow',
    'flow:waits',
  ]);
  const last = edges.filter(({ rule }) => rule === '4');
  const own = 'choreography:commit_flow';
  expect(last).toEqual([
    { from: 'event:commit_created', to: own, kind: 'starts', rule: '4' },
    { from: own, to: 'event:issue_detection_requested', kind: 'emits', rule: '4' },
    { from: own, to: 'event:audit_log_requested', kind: 'emits', rule: '4' },
  ]);
  expect(edges).toContainEqual({
    from: 'event:audit_log_requested',
    to: 'flow:waits',
    kind: 'continues',
    step: 'w',
  });
});
