import { describe, expect, test } from 'vitest';
import { namesAfter } from '../../src/flows/names.ts';
import { eventScope } from '../../src/flows/scope.ts';
import { render, type TemplateTree } from '../../src/flows/template.ts';
import { compileText, TEMPLATE_LENGTH_MAX } from '../../src/flows/template-compiler.ts';
import { RENDERED_LENGTH_MAX } from '../../src/flows/template-text.ts';
import { variablesOf } from '../../src/flows/variables.ts';
import type { Json } from '../../src/std/json.ts';
import { eventOf } from './event-of.ts';

const names = namesAfter([{ id: 'one' }, { id: 'fetch-notes' }, { id: '3' }]);
const variables = variablesOf({
  env: { TOKEN: '{payload.name}', EMPTY: '' },
  readFile: () => 'from the file\n',
});

function compile(text: string): TemplateTree {
  const { value, problems } = compileText(text, { names, variables });
  expect(problems).toEqual([]);
  return value;
}

function problemsOf(text: string): string[] {
  const { problems } = compileText(text, { names, variables });
  return problems.map(({ code, message }) => `${code}: ${message}`);
}

const payload = {
  name: 'api',
  n: 3,
  half: 0.5,
  yes: true,
  nothing: null,
  files: ['a.ts', 'b.ts'],
  commits: [{ id: 'c1' }, { id: 'c2' }],
  'a-b': { '1': 'x' },
  empty: {},
  none: [],
};
const outputs = new Map<string, Json>([
  ['one', 'first'],
  ['fetch-notes', { text: 'n' }],
  ['3', 7],
]);

function renderIn(text: string, data: Json = payload): Json {
  return render(
    compile(text),
    eventScope(eventOf(data), { outputs, output: 7, run: 'sb-1', flow: 'f', now: 0 }),
  );
}

describe('a template inside a text', () => {
  test.each([
    ['v{payload.n} of {{payload.name}}, {{ payload.name }}', 'v3 of api, api'],
    ['{payload.files}.', 'a.ts, b.ts.'],
    ['{payload.commits}.', '[{"id":"c1"},{"id":"c2"}].'],
    ['{payload.commits[1].id}.', 'c2.'],
    [
      '{payload.empty} {payload.none} {payload.nothing} {payload.yes} {payload.half}',
      '{}  null true 0.5',
    ],
    ['{payload.a-b.1}.', 'x.'],
    ['{steps.one.output}{steps.fetch-notes.output.text}{steps.3.output}{output}', 'firstn77'],
    ['{run} {flow} {now} {event.type}', 'sb-1 f 1970-01-01T00:00:00.000Z x.done'],
    ['${{ payload.n + 1 }}${{ {"a": {"b": 1}}.a.b }}', '41'],
    ['${{ "}}" + \'}}\' + "\\"}}" }}.', '}}}}"}}.'],
    ['costs ${{ payload.n }}', 'costs 3'],
    ['costs $5 and ${payload.n}', 'costs $5 and $3'],
  ])('%s', (text, expected) => {
    expect(renderIn(text)).toBe(expected);
  });
});

describe('a template that is the whole text keeps the type of its value', () => {
  test.each<[string, Json]>([
    ['{payload.n}', 3],
    ['{{ payload.files }}', ['a.ts', 'b.ts']],
    ['${{ payload.n * 2 }}', 6],
    ['${{ payload.n / 2.0 }}', 1.5],
    ['${{ payload }}', payload],
    ['${{ payload.commits.map(c, c.id) }}', ['c1', 'c2']],
    ['${{ {1: true, 2u: uint(3)} }}', { '1': true, '2': 3 }],
    ['{payload.nothing}', null],
    [
      '{steps}',
      { one: { output: 'first' }, 'fetch-notes': { output: { text: 'n' } }, '3': { output: 7 } },
    ],
  ])('%s', (text, expected) => {
    expect(renderIn(text)).toEqual(expected);
  });
});

describe('a brace that holds no path stays text', () => {
  test.each([
    '{"a": {"b": [1]}}',
    '{ payload. }',
    '{}',
    '{{}}',
    '{a b}',
    '{1}',
    'a{2,3}',
    '{payload.}',
    '{payload..n}',
    '{.payload}',
    '{payload[x]}',
    'function () { return 1 }',
    '$ { x',
    '{{"a":1}}',
    'no braces \\ at all',
    '\\{"a": 1}',
  ])('%s', (text) => {
    expect(compile(text)).toBe(text);
  });

  test('also where a value may be meant, which is a warning', () => {
    const { value, problems } = compileText('{ payload.n }', { names, variables });
    expect(value).toBe('{ payload.n }');
    expect(problems).toMatchObject([{ code: 'template.looks_meant', severity: 'warning' }]);
  });

  test('JSON around templates survives', () => {
    expect(renderIn('{"a":{payload.n},"b":{{payload.n}}}')).toBe('{"a":3,"b":3}');
  });
});

describe('a backslash takes the meaning away', () => {
  test.each([
    ['\\{x}', '{x}'],
    ['\\{{x}} and \\${{ 1 + }} and \\${NOPE}', '{{x}} and ${{ 1 + }} and ${NOPE}'],
    ['\\\\{x}', '\\{x}'],
    ['a \\{payload.n} {payload.n}', 'a {payload.n} 3'],
  ])('%s', (text, expected) => {
    expect(renderIn(text)).toBe(expected);
  });
});

describe('a variable', () => {
  test('is filled in as it is, whatever it holds', () => {
    expect(renderIn('${TOKEN}')).toBe('{payload.name}');
    expect(renderIn('${file:key.txt}, ${NOPE:-{x}} ${EMPTY:-default}${EMPTY}')).toBe(
      'from the file, {x} default',
    );
  });

  test('is nowhere in the compiled template', () => {
    expect(JSON.stringify(compile('Bearer ${file:key.txt}'))).not.toContain('from the file');
  });

  test('that is not set fails the render, and is a problem of its own', () => {
    const { value, problems } = compileText('${NOPE}', { names, variables });
    expect(problems.map(({ code }) => code)).toEqual(['config.unset']);
    expect(() => render(value, eventScope(eventOf({})))).toThrowError(
      expect.objectContaining({ code: 'config.unset', message: expect.stringContaining('NOPE') }),
    );
  });
});

const ONLY =
  '"payload" has only "name", "n", "half", "yes", "nothing", "files", "commits", "a-b" and 2 more';

describe('a field that the event lacks', () => {
  test.each([
    ['{payload.nope}', ONLY],
    ['{payload.name.length}', '"payload.name" is a text'],
    ['{payload.n.x}', '"payload.n" is a number'],
    ['{payload.nothing.x}', '"payload.nothing" is null'],
    ['{payload.files[2]}', '"payload.files" is a list of 2'],
    ['{payload.files.length}', '"payload.files" is a list of 2'],
    ['{payload.empty.x}', '"payload.empty" is an empty object'],
    ['{payload.commits[0].sha}', '"payload.commits[0]" has only "id"'],
    ['{payload[0]}', ONLY],
    ['{payload.constructor}', ONLY],
    ['{payload.__proto__.x}', ONLY],
  ])('%s', (text, reason) => {
    expect(() => renderIn(text)).toThrowError(
      expect.objectContaining({
        code: 'template.undefined',
        message: expect.stringContaining(`${text} has no value: ${reason}. Send it with the event`),
      }),
    );
  });

  test('is told without what its neighbours could do to a terminal', () => {
    const data = { ['\u001b[2J' + 'x'.repeat(100)]: 1 };
    expect(() => renderIn('{payload.nope}', data)).toThrowError(/"\\u001b\[2Jx{36}…"\./);
  });

  test('fails also where a run has not made it', () => {
    const scope = eventScope(eventOf({}));
    for (const text of ['{output}', '{steps.one.output}', '{run}', '{now}']) {
      expect(() => render(compile(text), scope)).toThrowError(/has no value here/);
    }
    expect(() =>
      render(compile('{steps.one.output}'), eventScope(eventOf({}), { outputs: new Map() })),
    ).toThrowError(/"steps" is an empty object/);
  });
});

describe('what is wrong with a text is told at once', () => {
  test.each([
    [
      '${{ 1 + ',
      ['template.invalid: nothing closes "${{ 1 + "; add "}}", or write "\\${{" for the text'],
    ],
    [
      '${{ "}} ',
      ['template.invalid: nothing closes "${{ "}} "; add "}}", or write "\\${{" for the text'],
    ],
    ['${{ }}', ['expression.invalid: the expression "" is wrong: it ends too early']],
    ['{a} {b}', [expect.stringContaining('"a"'), expect.stringContaining('"b"')]],
    [
      `${'x'.repeat(TEMPLATE_LENGTH_MAX)}{`,
      [expect.stringContaining('template.invalid: this text with braces has 65537 characters')],
    ],
  ])('%.20s', (text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  test('a long text without braces is fine', () => {
    const text = 'x'.repeat(TEMPLATE_LENGTH_MAX + 1);
    expect(compile(text)).toBe(text);
  });
});

describe('an expression has a value of JSON, or none', () => {
  test.each([
    ['${{ b"abc" }}', /has no form in JSON/],
    ['${{ int }}', /has no form in JSON/],
    ['${{ timestamp("2026-01-01T00:00:00Z") }}', /has no form in JSON/],
    ['${{ 1.0 / 0.0 }}', /Infinity is no number of JSON/],
    ['${{ 9007199254740991 + 1 }}', /9007199254740992 is too large to be exact/],
    ['${{ payload.nope }}', /there is no "nope"/],
  ])('%s', (text, reason) => {
    expect(() => renderIn(text)).toThrowError(
      expect.objectContaining({
        code: 'expression.failed',
        message: expect.stringMatching(reason),
      }),
    );
  });
});

test('a text that would grow beyond measure is refused', () => {
  const data = { text: 'x'.repeat(RENDERED_LENGTH_MAX / 2) };
  expect(() => renderIn('{payload.text} {payload.text}', data)).toThrowError(
    expect.objectContaining({ code: 'template.too_large' }),
  );
});

describe('a tree', () => {
  const scope = eventScope(eventOf(payload));

  test('is filled in wherever a template stands, and keeps its keys', () => {
    const tree = {
      a: [compile('{payload.n}'), 1, null],
      '{payload.n}': { b: compile('x{payload.n}') },
    };
    expect(render(tree, scope)).toEqual({ a: [3, 1, null], '{payload.n}': { b: 'x3' } });
  });

  test('is returned itself where it holds no template', () => {
    const tree = { a: [1, { kind: 'template', text: '{payload.n}', render: 'no' }] };
    expect(render(tree, scope)).toBe(tree);
    expect(render('x', scope)).toBe('x');
    expect(render(null, scope)).toBe(null);
  });

  test('keeps a key named __proto__ as a key', () => {
    const tree = JSON.parse('{"__proto__": 1}') as TemplateTree;
    const filled = render({ a: tree, b: compile('{payload.n}') }, scope);
    expect(JSON.stringify(filled)).toBe('{"a":{"__proto__":1},"b":3}');
  });
});

test('a hostile text is scanned in time', () => {
  for (const piece of [
    '{',
    '{{',
    '${',
    '${{',
    '{a',
    '{{ ',
    '${A:-',
    '\\{',
    '{a.',
    '{a[1]',
    '${file:',
  ]) {
    const text = piece.repeat(Math.floor(TEMPLATE_LENGTH_MAX / piece.length));
    expect(() => compileText(text, { names, variables })).not.toThrow();
  }
});
