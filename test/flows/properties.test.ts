import * as fc from '../properties.ts';
import { expect, test } from 'vitest';
import { namesAfter } from '../../src/flows/names.ts';
import { readYaml } from '../../src/flows/parse/yaml-document.ts';
import { toValue } from '../../src/flows/parse/yaml-node.ts';
import { parseFiles } from '../../src/flows/parse.ts';
import { eventScope } from '../../src/flows/scope.ts';
import { render } from '../../src/flows/template.ts';
import { compileText } from '../../src/flows/template-compiler.ts';
import { SignalboxError } from '../../src/std/errors.ts';
import type { Json } from '../../src/std/json.ts';
import { eventOf } from './event-of.ts';
import { SHAPES } from './shapes.ts';

const context = {
  names: namesAfter([{ id: 'one' }]),
  variables: () => ({ kind: 'value', value: 'v' }) as const,
};

/** Texts that look like templates, more often than chance would have it. */
const templates = fc
  .array(
    fc.oneof(
      fc.constantFrom('{', '}', '{{', '}}', '${', '${{', '\\', '.', '[0]', ' ', '"', "'", ':-'),
      fc.constantFrom('payload', 'event', 'steps.one.output', 'x', '1', '==', '(', ')', '\n'),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''));

test('any value of JSON passes through a template that is the whole text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const data = { x: value as Json };
      const plain = compileText('{payload.x}', context).value;
      expect(render(plain, eventScope(eventOf(data)))).toEqual(value);
    }),
  );
});

/** The code of what rendering a text threw; undefined where it has a value or is refused before. */
function failure(text: string): unknown {
  const { value, problems } = compileText(text, context);
  if (problems.length > 0) return undefined;
  try {
    render(value, eventScope(eventOf({ x: 1 })));
    return undefined;
  } catch (error) {
    return error instanceof SignalboxError ? error.code : error;
  }
}

test('no text makes the compiler or the renderer fail but by an error of ours', () => {
  const expected = [undefined, 'template.undefined', 'expression.failed'];
  fc.assert(
    fc.property(templates, (text) => {
      expect(expected).toContain(failure(text));
    }),
    { numRuns: 1_000 },
  );
});

test('any value of JSON is YAML, and is read as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const { root, problems } = readYaml(JSON.stringify(value));
      expect(problems).toEqual([]);
      expect(root && JSON.stringify(toValue(root))).toBe(JSON.stringify(value));
    }),
  );
});

/** Lines of configurations, and what may spoil them. */
const LINES = `flows:
handlers:
  a:
    on: x
    on: { event: x, where: "payload.n > 1" }
    steps:
      - emit: y
      - { run: [a], id: b }
        retry: { attempts: 2, never_on: [5xx] }
      - if: "true"
        then:
          - { emit: y, output: z, timeout: { total: 1m } }
        else: [ { emit: z, on_error: continue } ]
      - parallel: [ { call: a }, { each: "{payload}", do: [ { emit: y } ] } ]
      - { each: [1], as: n, do: [ { emit: "{n}" } ] }
    on_failure: [ { emit: "{error.code}" } ]
    timeout: { total: 1h, queue: 1m }
    concurrency: { key: payload.n, limit: 2 }
    debounce: { wait: 1s, key: x }
    batch: { size: 5 }
    order: event.type
    emit: "{payload.n}"
? |- - -|{|]|&a|*a|!b|"|||# c|---`.split(/[\n|]/);

test('no file makes the parser throw', () => {
  const lines = fc.constantFrom(...LINES);
  const options = {
    shapes: SHAPES,
    variables: context.variables,
    settings: { keys: ['port'], read: () => undefined },
  };
  fc.assert(
    fc.property(
      fc.array(fc.oneof(lines, fc.string({ maxLength: 8 })), { maxLength: 12 }),
      (parts) => {
        const { findings } = parseFiles([{ path: 'a.yaml', text: parts.join('\n') }], options);
        expect(findings.every(({ line, column }) => line >= 1 && column >= 1)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});
