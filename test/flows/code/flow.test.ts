import * as fc from '../../properties.ts';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { asFile } from '../../../src/flows/code/document.ts';
import { fileOf, flow } from '../../../src/flows/code/flow.ts';
import { type StepDefinition, stepWriter as step } from '../../../src/flows/code/steps.ts';
import { compareFlows } from '../../../src/flows/difference.ts';
import { parseFiles } from '../../../src/flows/parse.ts';
import { variablesOf } from '../../../src/flows/variables.ts';
import type { Json } from '../../../src/std/json.ts';
import { SHAPES } from '../shapes.ts';

const variables = variablesOf({ env: {}, readFile: () => '' });

function parsed(text: string): ReturnType<typeof parseFiles> {
  const settings = { keys: [], read: () => undefined };
  return parseFiles([{ path: 'signalbox.yaml', text }], { shapes: SHAPES, variables, settings });
}

/** The same step by the writer, and as a file says it. */
interface Twice {
  readonly code: StepDefinition;
  readonly file: Json;
}

const ids = fc.stringMatching(/^[a-z]{2,6}[0-9]{3}$/);
const texts = fc.constantFrom('a', '{payload.n}', '${{ payload.n + 1 }}', 'b {event.type}', 'ü');
const words = fc.array(texts, { minLength: 1, maxLength: 3 });

const leaf: fc.Arbitrary<Twice> = fc.oneof(
  fc
    .record({ id: ids, run: words, timeout: fc.constantFrom('1s', '5m') })
    .map(({ id, run, timeout }): Twice => ({
      code: step.run(id, run, { timeout }),
      file: { id, output: id, run, timeout },
    })),
  fc.record({ id: ids, url: texts }).map(({ id, url }): Twice => ({
    code: step.http(`${id}-x`, { url, json: { n: [1, null] } }, { retry: { attempts: 2 } }),
    file: { id: `${id}-x`, http: { url, json: { n: [1, null] } }, retry: { attempts: 2 } },
  })),
  fc.record({ type: fc.constantFrom('a.b', 'c'), data: texts }).map(({ type, data }): Twice => ({
    code: step.emit(type, { data }, { if: 'payload.n > 1' }),
    file: { emit: type, data: { data }, if: 'payload.n > 1' },
  })),
);

const { tree } = fc.letrec<{ tree: Twice }>((tie) => {
  const many = fc.array(tie('tree'), { minLength: 1, maxLength: 3 });
  return {
    tree: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({ id: ids, many }).map(({ id, many: list }): Twice => ({
        code: step.parallel(id, codes(list)),
        file: { id, output: id, parallel: files(list) },
      })),
      fc.record({ id: ids, many }).map(({ id, many: list }): Twice => ({
        code: step.each(id, '{payload.list}', codes(list), { as: `${id}i`, concurrency: 2 }),
        file: {
          id,
          output: id,
          each: '{payload.list}',
          do: files(list),
          as: `${id}i`,
          concurrency: 2,
        },
      })),
      many.map((list): Twice => ({
        code: step.when('payload.n == 1', codes(list), [step.emit('other')]),
        file: { if: 'payload.n == 1', then: files(list), else: [{ emit: 'other' }] },
      })),
    ),
  };
});

const codes = (list: readonly Twice[]): StepDefinition[] => list.map(({ code }) => code);
const files = (list: readonly Twice[]): Json[] => list.map(({ file }) => file);

test('a flow in code is the tree that its YAML is, to the last finding and the same text', () => {
  const on = { event: 'x', where: 'payload.n > 0' };
  fc.assert(
    fc.property(fc.array(tree, { minLength: 1, maxLength: 4 }), (list) => {
      const code = flow('f', { on, priority: 3 }, () => codes(list));
      const text = fileOf({ flows: [code], sources: [] });
      const written = { flows: { f: { on, priority: 3, steps: files(list) } } };
      // The catalog's hash is of the text: what is the same text is the same hash.
      expect(text).toBe(`${JSON.stringify(written, undefined, 1)}\n`);
      const [ours, theirs] = [parsed(text), parsed(stringify(written))];
      const said = ({ findings }: typeof ours): string[] => findings.map((each) => each.message);
      expect(said(ours).toSorted()).toEqual(said(theirs).toSorted());
      const { added, removed, changed } = compareFlows(ours.flows, theirs.flows);
      expect([...added, ...removed, ...changed]).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('two flows of one name are told, and none of them takes the place of the other', () => {
  const flows = ['b', 'c'].map((type) => flow('twice', { on: 'a' }, () => [step.emit(type)]));
  const handlers = flows.map(({ name }) => flow(`${name}-named`, {}, () => [step.emit('d')]));
  const { findings } = parsed(fileOf({ flows: [...flows, ...handlers], sources: [] }));
  const told = findings.filter(({ severity }) => severity === 'error');
  expect(told.map(({ message }) => message)).toEqual([
    expect.stringContaining('"twice-named"'),
    expect.stringContaining('"twice"'),
  ]);
});

describe('each method writes what a file would hold', () => {
  const cases: readonly (readonly [StepDefinition, Json])[] = [
    [
      step.tool('text', 'compose', { name: 'A' }),
      { id: 'text', output: 'text', tool: 'compose', with: { name: 'A' } },
    ],
    [
      step.tool('a-b', 'git', undefined, { action: 'log' }),
      { id: 'a-b', tool: 'git', action: 'log' },
    ],
    [
      step.prompt('answer', 'Hi', { output: 'said' }),
      { id: 'answer', prompt: 'Hi', output: 'said' },
    ],
    [step.run('event', 'true', { shell: true }), { id: 'event', run: 'true', shell: true }],
    [step.sleep('10m'), { sleep: '10m' }],
    [
      step.call('one', 'other', { n: 1 }),
      { id: 'one', output: 'one', call: 'other', data: { n: 1 } },
    ],
    [
      step.gate('send', { risk: 'low' }, step.emit('sent')),
      { emit: 'sent', id: 'send', gate: { risk: 'low' } },
    ],
    [step.gate('ok', { risk: 'high' }), { id: 'ok', gate: { risk: 'high' } }],
    [step.when('true', [step.emit('a')]), { if: 'true', then: [{ emit: 'a' }] }],
    [step.of({ wait: { event: 'x' } }), { wait: { event: 'x' } }],
  ];
  test.each(cases)('%j', (code, file) => {
    expect(asFile(code, 'a step')).toEqual(file);
  });
});

test('a flow without a trigger is a handler, and what answers a failure stands behind', () => {
  const handler = flow(
    'h',
    {},
    (each) => [each.emit('a')],
    (each) => [each.emit('b', '{error.code}')],
  );
  const file = fileOf({ flows: [handler], sources: [{ type: 'schedule', every: '1s' }] });
  expect(JSON.parse(file)).toEqual({
    handlers: { h: { steps: [{ emit: 'a' }], on_failure: [{ emit: 'b', data: '{error.code}' }] } },
    sources: [{ type: 'schedule', every: '1s' }],
  });
});

describe('what no file can hold is refused, with its place', () => {
  const ring: unknown[] = [];
  ring.push(ring);
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['a function', () => {}, /^The flow "f"\.data/],
    ['a date', new Date(0), /is nothing that a file can hold/],
    ['a number that is none', Number.NaN, /is NaN/],
    ['half a character', '\ud800', /half of a character/],
    ['a value that holds itself', ring, /nests too deep/],
    ['a big integer', [1n], /data\[0\]/],
    ['a symbol', { a: Symbol('a') }, /data\.a/],
  ];
  test.each(cases)('%s', (_, value, message) => {
    const settings = { on: 'x', data: value as string };
    const made = (): unknown => flow('f', settings, () => []);
    expect(made).toThrow(expect.objectContaining({ code: 'config.invalid' }) as Error);
    expect(made).toThrow(message);
  });

  test('an object without a prototype is one like others', () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    expect(asFile({ bare, gone: undefined }, 'it')).toEqual({ bare: { a: 1 } });
  });
});
