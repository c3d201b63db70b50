import { expect, test } from 'vitest';
import { flow } from '../../src/flows/code/flow.ts';
import { tool } from '../../src/flows/code/tool.ts';
import { testbox } from '../../src/signalbox/testing/testbox.ts';
import { viewGraph } from '../../src/views/graph-view.ts';

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
  expect(edges.filter(({ from }) => from === 'flow:write')).toEqual([
    { from: 'flow:write', to: 'event:composed', kind: 'emits', step: 'text' },
    { from: 'flow:write', to: 'event:refused', kind: 'emits', step: 'text' },
  ]);
});
