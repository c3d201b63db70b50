import { expect, test } from 'vitest';
import { parseFiles } from '../../src/flows/parse.ts';
import { nextSteps } from '../../src/cli/next-steps.ts';
import { builtInSourceShapes } from '../../src/sources/shapes.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';

test.each([
  { text: 'flows: { a: { on: schedule.fired, emit: x } }', hint: 'trigger a' },
  { text: 'flows: { a: { on: file.changed, emit: x }, b: { on: y, emit: z } }', hint: 'emit y' },
  {
    text: 'flows: { a: { on: x, run: [a, "{payload.n}"] }, b: { on: y, emit: z } }',
    hint: 'emit y',
  },
  { text: 'flows: { a: { on: { event: x, where: "payload.n > 1" }, emit: y } }', hint: undefined },
  { text: 'flows: { a: { on: [x.*, run.failed], emit: y } }', hint: 'trigger a' },
  {
    text: `sources: [ { type: schedule, every: 1h, handler: h } ]
handlers: { g: { run: [cat, "{files[0]}"] }, h: { emit: x } }`,
    hint: 'trigger h',
  },
  { text: 'flows: {}', hint: undefined },
])('up hints at what works as it stands: $hint for $text', ({ text, hint }) => {
  const { flows, findings } = parseFiles([{ path: 'signalbox.yaml', text }], {
    shapes: builtInShapes,
    sourceShapes: builtInSourceShapes,
    variables: () => ({ kind: 'unset', message: '' }),
    settings: { keys: [], read: () => undefined },
  });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const hints = nextSteps({ env: {}, globals: {} }, {}, { flows });
  const start = hint === undefined ? [] : [`try: signalbox ${hint}`];
  expect(hints).toEqual([...start, 'try: signalbox runs', 'stop with Ctrl-C']);
});
