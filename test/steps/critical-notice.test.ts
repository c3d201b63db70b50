import { expect, test } from 'vitest';
import { parseFiles } from '../../src/flows/parse.ts';
import { variablesOf } from '../../src/flows/variables.ts';
import { isCriticalNotice } from '../../src/steps/critical-notice.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';

const PAGE = '{ notify: ops, message: m, urgency: critical }';
const variables = variablesOf({ env: {}, readFile: () => '' });
const settings = { keys: [], read: () => undefined };

/** Whether the flow is one, whose steps and other keys these are. */
function isOne(steps: string, more = ''): boolean {
  const other = 'other: { on: y, steps: [{ emit: z }] }';
  const text = `flows: { ${other}, a: { on: x, steps: [${steps}]${more} } }`;
  const files = [{ path: 'signalbox.yaml', text }];
  const { flows, findings } = parseFiles(files, { shapes: builtInShapes, variables, settings });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const flow = flows.get('a');
  return flow !== undefined && isCriticalNotice(flow);
}

test.each([
  [PAGE, true],
  ['{ notify: ops, message: m, urgency: RED }', true],
  ['{ notify: ops, message: m, urgency: "{payload.level}" }', true],
  ['{ notify: ops, message: m, urgency: high }', false],
  ['{ notify: ops, message: m }', false],
  [`{ emit: told }, { sleep: 1m }, { wait: { event: ack, match: { id: 1 } } }, ${PAGE}`, true],
  [`{ if: "true", then: [${PAGE}], else: [{ emit: quiet }] }`, true],
  [`{ if: "true", then: [${PAGE}], else: [{ run: [look] }] }`, false],
  [`{ run: [look] }, ${PAGE}`, false],
  [`{ parallel: [${PAGE}, { emit: told }] }`, false],
  [`{ call: other }, ${PAGE}`, false],
  [`{ emit: told, compensate: { run: [undo] } }, ${PAGE}`, false],
])('whether nobody may hold up the steps %s: %s', (steps, expected) => {
  expect(isOne(steps)).toBe(expected);
});

test('what is done about a failure counts as well', () => {
  expect(isOne('{ emit: told }', `, on_failure: [${PAGE}]`)).toBe(true);
  expect(isOne(PAGE, ', on_failure: [{ run: [look] }]')).toBe(false);
});
