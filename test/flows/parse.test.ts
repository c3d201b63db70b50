import { readdirSync, readFileSync } from 'node:fs';
import { expect, describe, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { Flow, Step } from '../../src/flows/flow.ts';
import { isScenario, parseFiles, type ParseOptions } from '../../src/flows/parse.ts';
import type { SourceShape } from '../../src/flows/source-shape.ts';
import { variablesOf } from '../../src/flows/variables.ts';
import { formatFinding } from '../../src/std/diagnostics.ts';
import { SHAPES } from './shapes.ts';

/** What stands in `cases/*.yaml`: files, and the findings or the flows that they come to. */
interface Case {
  readonly case: string;
  /** One file, or several by path. */
  readonly text: string | Readonly<Record<string, string>>;
  readonly findings?: readonly string[];
  readonly flows?: Readonly<Record<string, unknown>>;
  readonly sources?: readonly unknown[];
  /** The limits of the flows, where only these are looked at. */
  readonly limits?: Readonly<Record<string, unknown>>;
}

const folder = new URL('cases/', import.meta.url);

/** A type of sources as sources are written. */
const BELL: SourceShape = {
  type: 'bell',
  schema: z.strictObject({
    tone: z.enum(['low', 'high']).default('low'),
    tower: z.string().optional(),
    overlap: z.enum(['allow', 'drop', 'queue']).optional(),
    password: z.unknown().optional(),
    passwords: z.unknown().optional(),
  }),
  quietKey: 'quiet_ms',
  secretKeys: ['password', 'passwords'],
  nameOf: ({ tower }) => (typeof tower === 'string' ? tower : undefined),
  ownOf: ({ tower }) => (typeof tower === 'string' ? `the tower ${tower}` : undefined),
  trustOf: () => 'untrusted',
  emits: ['bell.rung'],
  overlapOf: ({ overlap }) => overlap as 'allow' | 'drop' | 'queue' | undefined,
  problem({ tone }, { webhookHost }) {
    if (tone === 'low') return undefined;
    return `a high bell is heard on ${webhookHost}, by everybody`;
  },
};

const options: ParseOptions = {
  shapes: SHAPES,
  variables: variablesOf({
    env: { TOKEN: 's3cret' },
    readFile: (path) => {
      throw new Error(`${path} is not there`);
    },
  }),
  sourceShapes: [BELL],
  settings: {
    keys: ['port', 'host'],
    read: (mapping) => (mapping.entries.has('host') ? { webhookHost: '0.0.0.0' } : undefined),
  },
};

function check({ text, findings = [], flows, sources, limits }: Case): void {
  const texts = typeof text === 'string' ? { 'signalbox.yaml': text } : text;
  const files = Object.entries(texts).map(([path, content]) => ({ path, text: content }));
  const parsed = parseFiles(files, options);
  const said = parsed.findings.map((finding) =>
    formatFinding(finding).replace(/^signalbox\.yaml:/, ''),
  );
  expect(said).toEqual(findings);
  expect(sources && [...parsed.sources.values()]).toEqual(sources);
  const plain: unknown = JSON.parse(JSON.stringify(Object.fromEntries(parsed.flows)));
  expect(flows === undefined ? undefined : plain).toEqual(flows);
  expect(limits === undefined ? undefined : limitsOf(parsed.flows)).toEqual(limits);
}

function limitsOf(flows: ReadonlyMap<string, Flow>): unknown {
  const limits = Array.from(flows, ([name, { concurrency, order, throttle }]) => [
    name,
    { concurrency, order, throttle },
  ]);
  return JSON.parse(JSON.stringify(Object.fromEntries(limits)));
}

describe.each(readdirSync(folder).toSorted())('%s', (file) => {
  const cases = parseYaml(readFileSync(new URL(file, folder), 'utf8')) as readonly Case[];
  test.each(cases)('$case', check);
});

test('what a flow is made of is frozen', () => {
  const step = '{ retry: { attempts: 2 }, emit: y, data: { z: [1] } }';
  const steps = `[ ${step}, { if: "true", then: [ ${step} ] }, { parallel: [ ${step} ] } ]`;
  const limits = 'concurrency: { key: event.type, limit: 1 }, batch: { size: 2 }';
  const text = `flows: { a: { on: x, ${limits}, on_failure: [ ${step} ], steps: ${steps} } }`;
  const flow = parseFiles([{ path: 'signalbox.yaml', text }], options).flows.get('a');
  const [action, choice, fork] = flow?.steps ?? [];
  const parts = [flow, flow?.triggers, flow?.triggers[0]?.pattern, ...partsOf(action)];
  parts.push(choice?.choice, choice?.choice?.then, ...partsOf(choice?.choice?.then[0]));
  parts.push(flow?.onFailure, flow?.concurrency, flow?.concurrency?.key, flow?.gather);
  parts.push(fork?.fork, ...(fork?.fork?.kind === 'parallel' ? fork.fork.steps : [undefined]));
  expect(parts.map((part) => typeof part === 'object' && Object.isFrozen(part))).toEqual(
    parts.map(() => true),
  );
});

test('a handler answers those events of a source that its type says, or else all', () => {
  const text = 'sources: [{ type: bell, handler: h }]\nhandlers: { h: { emit: x } }';
  const files = [{ path: 'signalbox.yaml', text }];
  const heard = [BELL, { ...BELL, handled: 'bell.rung' }].map((shape) => {
    const { flows } = parseFiles(files, { ...options, sourceShapes: [shape] });
    return flows.get('h')?.triggers.map(({ pattern }) => pattern);
  });
  expect(heard).toEqual([
    [{ event: '*', source: 'bell:h' }],
    [{ event: 'bell.rung', source: 'bell:h' }],
  ]);
});

test('a usual name that the user has given to something else keeps that meaning', () => {
  const step = 'check: { command: [a] }';
  const each = `each: [1], as: finding, do: [ { id: inner, ${step} } ]`;
  const steps = `[ { id: own, ${step}, output: report }, { id: next, ${step} }, { ${each} } ]`;
  const text = `flows: { a: { on: x, steps: ${steps} } }`;
  const { flows, findings } = parseFiles([{ path: 'signalbox.yaml', text }], options);
  expect(findings).toEqual([]);
  const [, next, around] = flows.get('a')?.steps ?? [];
  expect(next).toMatchObject({ id: 'next', usualNames: ['finding'] });
  const inner = around?.fork?.kind === 'each' ? around.fork.do[0] : undefined;
  expect(inner).toMatchObject({ id: 'inner' });
  expect(inner).not.toHaveProperty('usualNames');
});

test('that a variable has no value is told, and not that its key is missing for it', () => {
  const strict = { ...BELL, schema: z.strictObject({ tower: z.string() }) };
  const text = 'sources: [ { type: bell, tower: "${UNSET_NAME}" },\n  { type: bell } ]';
  const files = [{ path: 'signalbox.yaml', text }];
  const { findings } = parseFiles(files, { ...options, sourceShapes: [strict] });
  expect(findings.map(({ line, code }) => [line, code])).toEqual([
    [1, 'config.unset'],
    [2, 'config.invalid'],
  ]);
});

function partsOf(step: Step | undefined): unknown[] {
  return (step?.choice ?? step?.fork) ? [] : [step, step?.retry, step?.input];
}

test('a file shows its first hundred errors and warnings, and that there are more', () => {
  const wrong = Array.from({ length: 300 }, (_, index) => `  f${index}: 5`);
  const unused = Array.from({ length: 300 }, (_, index) => `  h${index}: { emit: x }`);
  const text = ['flows:', ...wrong, 'handlers:', ...unused].join('\n');
  const { findings } = parseFiles([{ path: 'signalbox.yaml', text }], options);
  const of = (severity: string): string[] =>
    findings.filter((finding) => finding.severity === severity).map(({ code }) => code);
  expect(of('error')).toEqual([...Array<string>(100).fill('config.invalid'), 'config.limit']);
  expect(of('warning')).toEqual([
    ...Array<string>(100).fill('config.unused_handler'),
    'config.limit',
  ]);
});

function messagesOf(text: string): string[] {
  const { findings } = parseFiles([{ path: 'signalbox.yaml', text }], options);
  return findings.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

test('a flow has at most a thousand steps and a hundred triggers', () => {
  const steps = Array(1_002).fill('{ emit: y }').join('\n , ');
  const triggers = Array(101).fill('x').join();
  expect(messagesOf(`flows: { a: { on: [${triggers}], steps: [\n ${steps}] } }`)).toEqual([
    '1:19 "on" lists between 1 and 100 triggers, not 101',
    '1002:4 a flow has at most 1000 steps, and this is one more; move some into another flow',
  ]);
});

test('the steps inside choices count, as often as an alias names them', () => {
  const choices = Array(100).fill('{ if: "true", then: *ten }').join();
  const ten = `&ten [${Array(10).fill('{ emit: y }').join()}]`;
  const text = `flows: { a: { on: x, steps: [ { if: "true", then: ${ten} }, ${choices}] } }`;
  expect(messagesOf(text)).toEqual([
    expect.stringMatching(/^1:\d+ a flow has at most 1000 steps, and this is one more/),
  ]);
});

/** A flow of choices within one another, as many as that, around one step. */
function nested(depth: number): string {
  const [before, after] = ['{ if: "true", else: ['.repeat(depth), '] }'.repeat(depth)];
  return `flows: { a: { on: x, steps: [${before}{ emit: y }${after}] } }`;
}

test('choices stand at most sixteen deep in one another', () => {
  expect(messagesOf(nested(16))).toEqual([]);
  expect(messagesOf(nested(17))).toEqual([
    '1:366 choices and forks stand more than 16 deep in one another here; flatten them',
  ]);
});

test('forks count with the choices around them, and a call holds no steps', () => {
  const within = (depth: number, step: string): string => {
    const [before, after] = ['{ each: [1], as: i, do: [ { parallel: [ ', '] } ] }'];
    const opened = Array.from({ length: depth / 2 }, (_, index) =>
      before.replace('i,', `i${index},`),
    );
    return `flows: { a: { on: x, steps: [${opened.join('')}${step}${after.repeat(depth / 2)}] } }`;
  };
  expect(messagesOf(within(16, '{ emit: y }'))).toEqual([]);
  expect(messagesOf(`${within(16, '{ call: b }')}\nhandlers: { b: { emit: y } }`)).toEqual([]);
  const message = 'choices and forks stand more than 16 deep in one another here; flatten them';
  expect(messagesOf(within(16, '{ parallel: [ { emit: y } ] }'))).toEqual([`1:358 ${message}`]);
  expect(messagesOf(within(16, '{ if: "true", then: [ { emit: y } ] }'))).toEqual([
    `1:358 ${message}`,
  ]);
});

test('a parallel has at most a hundred branches, an each ten thousand items', () => {
  const flowWith = (step: string): string => `flows: { a: { on: x, steps: [ ${step} ] } }`;
  const parallel = (count: number): string =>
    flowWith(`{ parallel: [ ${Array(count).fill('{ emit: y }').join()} ] }`);
  const each = (count: number): string =>
    flowWith(`{ each: [ ${Array(count).fill('1').join()} ], do: [ { emit: y } ] }`);
  expect(messagesOf(parallel(100))).toEqual([]);
  expect(messagesOf(parallel(101))).toEqual([
    expect.stringMatching(/^1:43 "parallel" is a list of 1 to 100 steps/),
  ]);
  expect(messagesOf(each(10_000))).toEqual([]);
  expect(messagesOf(each(10_001))).toEqual([
    '1:39 "each" is a list of 1 to 10000 items, and this has 10001',
  ]);
});

test('the steps of on_failure count with the others', () => {
  const steps = (count: number): string => Array(count).fill('{ emit: y }').join();
  const flowWith = (failure: number): string =>
    `flows: { a: { on: x, steps: [${steps(990)}],\n on_failure: [${steps(failure)}] } }`;
  expect(messagesOf(flowWith(10))).toEqual([]);
  expect(messagesOf(flowWith(11))).toEqual([
    expect.stringMatching(/^2:\d+ a flow has at most 1000/),
  ]);
});

test('of a ring of many flows the first and the last are named', () => {
  const flows = Array.from(
    { length: 13 },
    (_, n) => `f${n}: { on: e${n}, emit: e${(n + 1) % 13} }`,
  );
  expect(messagesOf(`flows: { ${flows.join()} }`)).toEqual([
    '1:30 "e1" starts what emits it again, without an end: f0 -> f1 -> f2 -> f3 -> f4 -> f5 -> ' +
      'f6 -> f7 -> f8 -> f9 -> 3 more -> f0; give a step "if", or a trigger "where"',
  ]);
});

test('of a hundred names that are no flow, the rest get no suggestion', () => {
  const calls = Array.from({ length: 101 }, (_, n) => `f${n}: { on: x, call: hander }`);
  const files = [
    { path: 'signalbox.yaml', text: `flows: { ${calls.slice(0, 60).join()} }` },
    { path: 'flows/b.yaml', text: `flows: { ${calls.slice(60).join()} }` },
    { path: 'flows/c.yaml', text: 'handlers: { handler: { emit: y } }' },
  ];
  const { findings } = parseFiles(files, options);
  const ends = findings
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);
  const suggested = ends.filter((message) => message.endsWith('did you mean "handler"?'));
  expect([suggested.length, ends.length]).toEqual([100, 101]);
});

test('one key names at most a hundred failures', () => {
  const names = (count: number): string =>
    `flows: { a: { on: x, emit: y, retry: { retry_on: [${Array(count).fill('75').join()}] } } }`;
  expect(messagesOf(names(100))).toEqual([]);
  expect(messagesOf(names(101))).toEqual([
    '1:50 "retry.retry_on": must name between 1 and 100 failures',
  ]);
});

test('a kind whose schema makes what no file can hold is a mistake of ours', () => {
  const schema = z.strictObject({ odd: z.string().transform((text) => BigInt(text.length)) });
  const shapes = [{ kind: 'odd', keys: [], schema, effect: 'ask', timeoutMs: 1 }] as const;
  const text = 'flows: { a: { on: x, odd: y } }';
  expect(() => parseFiles([{ path: 'signalbox.yaml', text }], { ...options, shapes })).toThrowError(
    'The input "odd" is a bigint.',
  );
});

test('a schema that moves a text about, or makes it, still has its problems placed', () => {
  const schema = z.strictObject({
    odd: z.string().transform((text) => ({ a: text, b: '{made}' })),
  });
  const shapes = [
    { kind: 'odd', keys: [], schema: z.strictObject({ odd: schema }), effect: 'ask', timeoutMs: 1 },
  ] as const;
  const text = 'flows:\n  a:\n    on: x\n    odd: { odd: "{moved}" }';
  const { findings } = parseFiles([{ path: 'signalbox.yaml', text }], { ...options, shapes });
  expect(findings.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
    expect.stringMatching(/^3:5 nothing defines "made"/),
    expect.stringMatching(/^4:17 nothing defines "moved"/),
  ]);
});

test('a union that takes nothing of the kind says what its members say', () => {
  const schema = z.strictObject({
    odd: z.union([z.string().refine(() => false, 'no'), z.literal(5)], 'takes a text or 5'),
  });
  const shapes = [{ kind: 'odd', keys: [], schema, effect: 'ask', timeoutMs: 1 }] as const;
  const text = 'flows: { a: { on: x, odd: 7 } }';
  const { findings } = parseFiles([{ path: 'signalbox.yaml', text }], { ...options, shapes });
  expect(findings.map(({ message }) => message)).toEqual(['"odd": expected a text']);
});

describe('a scenario is told from a file of flows by its first key', () => {
  test.each([
    ['test: a\n', true],
    ['# a comment\n\n---\n"test": a\n', true],
    ['flows: {}\ntest: a\n', false],
    ['tests: a', false],
    ['', false],
    [' test: a', false],
  ])('%j', (text, expected) => {
    expect(isScenario(text)).toBe(expected);
  });
});
