import { describe, expect, test } from 'vitest';
import { readToml } from '../../../src/flows/parse/toml-document.ts';
import { FILE_LENGTH_MAX, NESTING_MAX } from '../../../src/flows/parse/yaml-document.ts';
import { fastest } from '../../fixtures/fastest.ts';
import { keyPlaceAt, placeAt, toValue } from '../../../src/flows/parse/yaml-node.ts';

const TEXT = `mode = "daemon"
a.b = [ 1, { c = 2.5 } ]
since = 2026-11-20T09:00:00Z

[handlers.greet]
steps = [
  { emit = "x" },
  { "if" = "true",
    then = [] },
]

[[sources]]
type = "schedule"
[[sources]]
type = "webhook"
[sources.where]
deep = true
`;

function valueOf(text: string): unknown {
  const { root } = readToml(text);
  return root && toValue(root);
}

function problemsOf(text: string): string[] {
  const { problems, place } = readToml(text);
  return problems.map(({ at, code, message }) => {
    const { line, column } = place(at);
    return `${line}:${column} ${code} ${message}`;
  });
}

test('TOML gives the values that YAML would', () => {
  expect(valueOf(TEXT)).toEqual({
    mode: 'daemon',
    a: { b: [1, { c: 2.5 }] },
    since: '2026-11-20T09:00:00.000Z',
    handlers: { greet: { steps: [{ emit: 'x' }, { if: 'true', then: [] }] } },
    sources: [{ type: 'schedule' }, { type: 'webhook', where: { deep: true } }],
  });
});

test('an empty file is an empty mapping', () => {
  expect(valueOf('')).toEqual({});
});

describe('each part knows its line and column', () => {
  const { root, place } = readToml(TEXT);
  const cases: [readonly (string | number)[], string][] = [
    [['mode'], '1:1'],
    [['a'], '2:1'],
    [['a', 'b'], '2:3'],
    [['a', 'b', 1], '2:12'],
    [['a', 'b', 1, 'c'], '2:14'],
    [['handlers'], '5:2'],
    [['handlers', 'greet'], '5:11'],
    [['handlers', 'greet', 'steps', 1], '8:3'],
    [['handlers', 'greet', 'steps', 1, 'if'], '8:5'],
    [['handlers', 'greet', 'steps', 1, 'then'], '9:5'],
    [['sources'], '12:3'],
    [['sources', 0], '12:3'],
    [['sources', 1], '14:3'],
    [['sources', 1, 'type'], '15:1'],
    [['sources', 1, 'where', 'deep'], '17:1'],
  ];

  test.each(cases)('%j at %s', (path, expected) => {
    if (root === undefined) throw new Error('there are no nodes');
    const { line, column } = place(placeAt(root, path));
    expect(`${line}:${column}`).toBe(expected);
    expect(keyPlaceAt(root, path)).toBe(placeAt(root, path));
  });
});

describe('what is no TOML is told with its place', () => {
  const shown =
    'in { } and [ ] commas part the entries, as in config = { mode = "daemon", ' +
    'webhook_port = 8080 }; or write [orchestrators.config] and below it one entry a line';

  test.each([
    ['a = { b = 1\n  c = 2 }', `2:3 config.syntax not TOML: expected comma or end of structure`],
    ['a = [ 1 2 ]', '1:9 config.syntax not TOML: expected comma or end of structure'],
  ])('%j, with the valid form', (text, said) => {
    expect(problemsOf(text)).toEqual([`${said}; ${shown}`]);
  });

  test.each([
    [
      'a = 1\na = 2',
      /^2:1 config\.duplicate_key not TOML: .*redefine.*: it stands twice; remove one$/,
    ],
    ['a: 1', /^1:\d+ config\.syntax not TOML: /],
    ['a = inf', /^1:1 config\.syntax this number has no form in JSON$/],
    ['a = 9007199254740993', /^1:\d+ config\.syntax not TOML: /],
  ])('%j', (text, said) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(said)]);
  });
});

describe('S21: a hostile file is refused within 100 ms', () => {
  test.each([
    ['lists in lists', `a = ${'['.repeat(FILE_LENGTH_MAX - 10)}`],
    ['tables in tables', `a = ${'{a='.repeat(300_000)}`],
    ['a long path', `a${'.a'.repeat(NESTING_MAX + 1)} = 1`],
    ['a megabyte of nothing', 'x'.repeat(FILE_LENGTH_MAX)],
    ['the same table again and again', '[a]\n'.repeat(200_000)],
    ['quotes that never end', 'a="'.repeat(300_000)],
    ['more than is read', 'a = 1\n'.repeat(2_000_000)],
  ])('%s', async (_, text) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^\d+:\d+ config\./)]);
    expect(await fastest(() => readToml(text))).toBeLessThan(100);
  });
});

test('a key like those of JavaScript is a key like any other', () => {
  expect(JSON.stringify(valueOf('__proto__ = 1\nconstructor = { prototype = 2 }'))).toBe(
    '{"__proto__":1,"constructor":{"prototype":2}}',
  );
});

test('where the second parser gives up, a finding stands at the start', () => {
  const { root, place } = readToml(`mode = "x"\na = "${'y'.repeat(900_000)}"`);
  expect(root && place(placeAt(root, ['mode']))).toEqual({ line: 1, column: 1 });
});
