import { describe, expect, test } from 'vitest';
import {
  type FlowsDifference,
  type PartChange,
  compareFlows,
  sameStep,
} from '../../src/flows/difference.ts';
import { DEFAULT_RETRY, type Flow, type Step } from '../../src/flows/flow.ts';
import { parseFiles } from '../../src/flows/parse.ts';
import { variablesOf } from '../../src/flows/variables.ts';
import { SHAPES } from './shapes.ts';

const variables = variablesOf({ env: { TOKEN: 's3cret' }, readFile: () => '' });
const settings = { keys: [], read: () => undefined };

/** The flows of a file without a fault. */
function flowsOf(text: string): ReadonlyMap<string, Flow> {
  const files = [{ path: 'signalbox.yaml', text: `flows:\n${text}` }];
  const { flows, findings } = parseFiles(files, { shapes: SHAPES, variables, settings });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  return flows;
}

const compare = (before: string, after: string): FlowsDifference =>
  compareFlows(flowsOf(before), flowsOf(after));

/** What differs of the flow `a` that does these steps. */
function stepsChange(before: string, after: string): readonly PartChange[] | undefined {
  const flow = (written: string): string => `  a: { on: x, steps: [${written}] }`;
  return compare(flow(before), flow(after)).changed[0]?.parts;
}

/** The one part `steps` with these differences. */
function steps(differences: Partial<PartChange['steps']>): readonly PartChange[] {
  const none = { added: [], removed: [], changed: [], reordered: false };
  return [{ part: 'steps', steps: { ...none, ...differences } }];
}

describe('flows', () => {
  const one = '  one: { on: x, steps: [{ id: s, emit: y }] }\n';
  const two = '  two: { on: x, steps: [{ id: s, emit: z }] }\n';

  test('that are the same differ in nothing, whatever their layout', () => {
    const layout = `  # the same\n  one:\n    steps:\n    - emit: y\n      id: "s"\n    on: x\n`;
    expect(compare(one + two, two + layout)).toEqual({
      added: [],
      removed: [],
      changed: [],
      unchanged: 2,
    });
  });

  test('are added and removed by their names, and so is one that got another name', () => {
    const renamed = two.replace('two', 'three');
    expect(compare(one + two, one + renamed)).toEqual({
      added: ['three'],
      removed: ['two'],
      changed: [],
      unchanged: 1,
    });
    expect(compareFlows(new Map(), flowsOf(one)).added).toEqual(['one']);
    expect(compareFlows(flowsOf(one), new Map()).removed).toEqual(['one']);
  });

  test('are removed where they are switched off', () => {
    const off = one.replace('on: x', 'on: x, enabled: false');
    expect(compare(one + two, off + two).removed).toEqual(['one']);
  });

  test('are changed by what starts them', () => {
    const where = (text: string): string =>
      `  one: { on: { event: x, where: "${text}" }, steps: [{ id: s, emit: y }] }`;
    const triggers = [{ flow: 'one', parts: [{ part: 'triggers' }] }];
    expect(compare(one, one.replace('on: x', 'on: [x, z]')).changed).toEqual(triggers);
    expect(compare(one, where('payload.n > 1')).changed).toEqual(triggers);
    expect(compare(where('payload.n > 1'), where('payload.n > 2')).changed).toEqual(triggers);
    expect(compare(where('payload.n > 1'), where('payload.n > 1')).unchanged).toBe(1);
  });

  test('are changed by several parts at once', () => {
    const after = one.replace('on: x', 'on: z').replace('emit: y', 'emit: q');
    expect(compare(one, after).changed).toEqual([
      { flow: 'one', parts: [{ part: 'triggers' }, ...steps({ changed: ['s'] })] },
    ]);
  });
});

describe('steps', () => {
  const a = '{ id: a, emit: y }';
  const b = '{ id: b, run: [echo, "{payload.n}"] }';

  test('are added and removed by their ids', () => {
    expect(stepsChange(a, `${b}, ${a}`)).toEqual(steps({ added: ['b'] }));
    expect(stepsChange(`${a}, ${b}`, a)).toEqual(steps({ removed: ['b'] }));
    const renamed = b.replace('id: b', 'id: c');
    expect(stepsChange(`${a}, ${b}`, `${a}, ${renamed}`)).toEqual(
      steps({ added: ['c'], removed: ['b'] }),
    );
  });

  test.each([
    ['their input', b, b.replace('echo', 'printf')],
    ['a template', b, b.replace('payload.n', 'payload.m')],
    ['a template that became a text', b, b.replace('{payload', String.raw`\\{payload`)],
    ['a kind', b, '{ id: b, emit: y }'],
    ['a name', b, b.replace('run:', 'name: B, run:')],
    ['a limit', b, b.replace('run:', 'timeout: 3s, run:')],
    ['a retry', b, b.replace('run:', 'retry: { attempts: 9 }, run:')],
    ['a condition', b, b.replace('run:', 'if: payload.n > 1, run:')],
    ['a further argument', b, b.replace('[echo,', '[echo, "-n",')],
    ['a list in place of a mapping', '{ id: b, emit: y, data: { "0": 1 } }', emitting('[1]')],
    ['a number in place of a text', emitting('{ n: 1 }'), emitting('{ n: "1" }')],
    ['a missing key beside another', emitting('{ n: 1 }'), emitting('{ m: 1 }')],
    [
      'what only looks like steps',
      emitting('[{ id: p, kind: q }]'),
      emitting('[{ id: p, kind: r }]'),
    ],
    ['nothing in place of what looks like steps', emitting('[{ id: p, kind: q }]'), emitting('[]')],
  ])('are changed by %s', (_, before, after) => {
    expect(stepsChange(`${a}, ${before}`, `${a}, ${after}`)).toEqual(steps({ changed: ['b'] }));
    expect(stepsChange(`${a}, ${after}`, `${a}, ${before}`)).toEqual(steps({ changed: ['b'] }));
    expect(stepsChange(`${a}, ${before}`, `${a}, ${before}`)).toBeUndefined();
  });

  test('stay the same under other values of their variables', () => {
    const text = '  a: { on: x, steps: [{ id: s, emit: y, data: "${TOKEN}" }] }';
    const files = [{ path: 'signalbox.yaml', text: `flows:\n${text}` }];
    const others = variablesOf({ env: {}, readFile: () => '' });
    const { flows } = parseFiles(files, { shapes: SHAPES, variables: others, settings });
    expect(compareFlows(flowsOf(text), flows).unchanged).toBe(1);
  });

  test('in another order are told of as such', () => {
    expect(stepsChange(`${a}, ${b}`, `${b}, ${a}`)).toEqual(steps({ reordered: true }));
  });

  test('within choices are told of by themselves', () => {
    const choice = (then: string, otherwise: string): string =>
      `{ id: c, if: payload.n > 1, then: [${then}], else: [${otherwise}] }`;
    expect(stepsChange(choice(a, ''), choice(a, b))).toEqual(steps({ added: ['b'] }));
    expect(stepsChange(choice(a, b), choice(a, b.replace('echo', 'cat')))).toEqual(
      steps({ changed: ['b'] }),
    );
    expect(stepsChange(choice(a, b), choice(b, a))).toEqual(steps({ reordered: true }));
    expect(stepsChange(choice(`${a}, ${b}`, ''), choice(a, b))).toEqual(steps({ reordered: true }));
    expect(stepsChange(`${b}, ${choice(a, '')}`, choice(`${b}, ${a}`, ''))).toEqual(
      steps({ reordered: true }),
    );
    const other = choice(a, '').replace('> 1', '> 2');
    expect(stepsChange(choice(a, ''), other)).toEqual(steps({ changed: ['c'] }));
  });
});

/** A step `b` that emits this data. */
function emitting(data: string): string {
  return `{ id: b, emit: y, data: ${data} }`;
}

describe('parts that later versions bring', () => {
  /** A flow with further fields, as a later parser would make it. */
  function further(fields: object): ReadonlyMap<string, Flow> {
    const [flow] = flowsOf('  a: { on: x, steps: [{ id: s, emit: y }] }').values();
    return new Map([['a', { ...flow, ...fields } as Flow]]);
  }

  const partsOf = (before: object, after: object): readonly PartChange[] | undefined =>
    compareFlows(further(before), further(after)).changed[0]?.parts;

  test('are compared without being known', () => {
    const limits = { concurrency: { limit: 2, key: { kind: 'template', text: '{payload.n}' } } };
    expect(partsOf(limits, structuredClone(limits))).toBeUndefined();
    expect(partsOf({}, limits)).toEqual([{ part: 'concurrency' }]);
    expect(partsOf({ ...limits, totalMs: 5 }, { totalMs: 6 })).toEqual([
      { part: 'totalMs' },
      { part: 'concurrency' },
    ]);
    expect(partsOf({ totalMs: undefined }, {})).toBeUndefined();
  });

  const step = (id: string): object => ({ id, kind: 'emit', input: { types: [id] } });

  test('tell of their own steps', () => {
    const one = { added: ['p'], removed: [], changed: [], reordered: false };
    expect(partsOf({}, { onFailure: [step('p')] })).toEqual([{ part: 'onFailure', steps: one }]);
    expect(partsOf({ onFailure: [step('p')] }, { onFailure: [step('p')] })).toBeUndefined();
  });

  test('tell of steps that moved from one branch to the other, and of branches', () => {
    const fork = (...branches: string[][]): object => ({
      onFailure: [{ id: 'f', kind: 'fork', fork: branches.map((ids) => ids.map(step)) }],
    });
    const none = { added: [], removed: [], changed: [], reordered: false };
    expect(partsOf(fork(['p', 'q'], ['r']), fork(['p'], ['q', 'r']))).toEqual([
      { part: 'onFailure', steps: { ...none, reordered: true } },
    ]);
    expect(partsOf(fork(['p'], []), fork(['p']))).toEqual([
      { part: 'onFailure', steps: { ...none, changed: ['f'] } },
    ]);
  });

  test('tell of what stands beside their steps', () => {
    const none = { added: [], removed: [], changed: [], reordered: false };
    const part = (limit: number): object => ({ onFailure: { limit, steps: [step('p')] } });
    expect(partsOf(part(1), part(2))).toEqual([{ part: 'onFailure', steps: none }]);
    const held = (undo: object): object => ({ onFailure: [{ ...step('p'), undo }] });
    expect(partsOf(held(step('u')), held({ ...step('u'), output: 'x' }))).toEqual([
      { part: 'onFailure', steps: { ...none, changed: ['u'] } },
    ]);
  });
});

test('two steps are the same where all that they do is, with what stands within them', () => {
  const one = { id: 'a', kind: 'emit', input: 1, retry: DEFAULT_RETRY } as const;
  const step = { ...one, timeoutMs: 1_000, effect: 'idempotent' } as const;
  const each = (timeoutMs: number): Step => {
    const inner = [{ ...step, timeoutMs }];
    return { id: 'both', kind: 'parallel', fork: { kind: 'parallel', steps: inner } };
  };
  expect(sameStep(step, { ...step })).toBe(true);
  expect(sameStep(step, { ...step, timeoutMs: 5 })).toBe(false);
  expect(sameStep(each(5), each(5))).toBe(true);
  expect(sameStep(each(5), each(6))).toBe(false);
});
