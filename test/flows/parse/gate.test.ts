import { expect, test } from 'vitest';
import { parseFiles } from '../../../src/flows/parse.ts';
import { variablesOf } from '../../../src/flows/variables.ts';
import { formatFinding } from '../../../src/std/diagnostics.ts';
import { builtInShapes } from '../../../src/steps/shapes.ts';

const variables = variablesOf({ env: {}, readFile: () => '' });

const NO_SETTINGS = { keys: [], read: () => undefined };

function parsed(steps: readonly string[]): ReturnType<typeof parseFiles> {
  const text = `flows: { a: { on: x, steps: [ ${steps.join(', ')} ] } }`;
  return parseFiles([{ path: 'f.yaml', text }], {
    shapes: builtInShapes,
    variables,
    settings: NO_SETTINGS,
  });
}

test('a gate beside a step says who is asked, and what comes of no answer', () => {
  const asked =
    'risk: high, approvers: jo, quorum: 2, escalate: [kim], proposal: "For {payload.who}"';
  const timed = 'expires: 1h, remind: 10m, on_expire: fail';
  const { findings, flows } = parsed([
    '{ id: one, emit: b, gate: }',
    `{ id: two, emit: b, gate: { ${asked}, ${timed} } }`,
    '{ id: three, gate: { proposal: "Go on with {payload.who}?" } }',
  ]);
  expect(findings).toEqual([]);
  const usual = { approvers: [], quorum: 1, escalate: [], onExpire: 'reject' };
  expect(flows.get('a')?.steps).toMatchObject([
    { id: 'one', gate: usual },
    {
      id: 'two',
      gate: {
        risk: 'high',
        approvers: ['jo'],
        quorum: 2,
        escalate: ['kim'],
        onExpire: 'fail',
        expiresMs: 3_600_000,
        remindMs: 600_000,
        proposal: expect.anything() as unknown,
      },
    },
    { id: 'three', kind: 'gate', gate: { ...usual, proposal: undefined } },
  ]);
});

test('what is wrong with a gate alone is told once', () => {
  const { findings } = parsed(['{ id: one, gate: { risk: huge } }']);
  expect(findings.map(formatFinding)).toEqual([
    expect.stringContaining('expected one of "low"|"medium"|"high"'),
  ]);
});

test('whom a step tells is known when it is read, but for templates', () => {
  const { findings } = parsed([
    '{ notify: ops, message: hello }',
    '{ notify: [ops, "{payload.who}"], message: hello }',
    '{ notify: [{ to: ops }], message: hello }',
  ]);
  expect(findings.map(formatFinding)).toEqual([
    expect.stringContaining('"notify.0": expected a text'),
  ]);
});

test('a step that names no event or no tool as a text is told so', () => {
  const { findings } = parsed(['{ wait: { match: { a: 1 } } }', '{ tool: [stage] }']);
  expect(findings.map(formatFinding)).toEqual([
    expect.stringContaining('"wait.event"'),
    expect.stringContaining('"tool"'),
  ]);
});
