import { describe, expect, test } from 'vitest';
import { FILE_LENGTH_MAX, readYaml } from '../../../src/flows/parse/yaml-document.ts';
import { toValue } from '../../../src/flows/parse/yaml-node.ts';

function problemsOf(text: string): string[] {
  const document = readYaml(text);
  return document.problems.slice(0, 3).map(({ at, code, message }) => {
    const { line, column } = document.place(at);
    return `${line}:${column} ${code} ${message}`;
  });
}

describe('nesting that no file needs is refused before anything recursive meets it', () => {
  test.each(['[', '{a: ', '- ', '? ', ': ', '{[', '[{a: '])('%s', (piece) => {
    const text = piece.repeat(Math.floor(FILE_LENGTH_MAX / 16 / piece.length));
    expect(problemsOf(text)).toEqual([
      expect.stringContaining('config.limit the file nests deeper than 64 levels here; flatten it'),
    ]);
  });

  test('by indentation', () => {
    const text = Array.from({ length: 200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^65:65 config\.limit/)]);
  });

  test('up to the limit it is read', () => {
    expect(problemsOf('['.repeat(63) + ']'.repeat(63))).toEqual([]);
  });
});

describe('aliases', () => {
  test('that would make a file grow beyond measure are refused', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(problemsOf(lines.join('\n'))).toEqual([
      expect.stringContaining('1:1 config.limit its aliases make the file grow beyond measure'),
    ]);
  });

  test('that nest without end are refused', () => {
    const lines = ['a0: &a0 [x]'];
    for (let i = 1; i < 100; i++) lines.push(`a${i}: &a${i} [*a${i - 1}]`);
    expect(problemsOf(lines.join('\n'))).toEqual([expect.stringContaining('config.limit')]);
  });

  test('are followed otherwise', () => {
    const { root } = readYaml('a: &a { b: [1] }\nc: [*a, *a]');
    expect(root && toValue(root)).toEqual({ a: { b: [1] }, c: [{ b: [1] }, { b: [1] }] });
  });
});

describe('a hostile file is read in linear time', () => {
  test.each([
    'a: 1\n',
    '&a a: 1\n',
    '*a ',
    '&a ',
    '!a ',
    "'",
    '"',
    '#',
    '\n',
    'a: ]\n',
    ': ',
    '\u0000',
    '- |\n',
    '%x\n',
    '---\n',
  ])('%j', (piece) => {
    const text = piece.repeat(Math.floor(FILE_LENGTH_MAX / 32 / piece.length));
    expect(() => readYaml(text)).not.toThrow();
  });

  test('and many keys are compared without comparing each with each', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`);
    expect(problemsOf([...keys, 'k19999: 2'].join('\n'))).toEqual([
      '20001:1 config.duplicate_key the key "k19999" stands twice in this mapping; remove one',
    ]);
  });
});

test('a file that is too large is not read at all', () => {
  expect(problemsOf('x'.repeat(FILE_LENGTH_MAX + 1))).toEqual([
    '1:1 config.limit the file has 1048577 characters, over 1048576; split it',
  ]);
});

describe('scalars', () => {
  test('are those of YAML 1.2', () => {
    const { root } = readYaml(
      '[on, yes, 0o17, 0x1F, 1e3, 1_000, 2026-01-01, ~, null, True, "1", .5, 12:30]',
    );
    expect(root && toValue(root)).toEqual([
      'on',
      'yes',
      15,
      31,
      1000,
      '1_000',
      '2026-01-01',
      null,
      null,
      true,
      '1',
      0.5,
      '12:30',
    ]);
  });

  test('keep keys as they are written', () => {
    const { root } = readYaml('1.0: a\ntrue: b\n"": c\n__proto__: d\n? e\n');
    expect(JSON.stringify(root && toValue(root))).toBe(
      '{"1.0":"a","true":"b","":"c","__proto__":"d","e":null}',
    );
  });

  test.each(['.nan', '-.inf'])('that JSON has no form for are refused: %s', (text) => {
    expect(problemsOf(`a: ${text}`)).toEqual(['1:4 config.syntax this number has no form in JSON']);
  });
});

test('places count lines and columns from one, whatever ends a line', () => {
  expect(problemsOf('a: 1\r\nb:\r\n  c: .nan\r\n')).toEqual([expect.stringMatching(/^3:6 /)]);
  expect(problemsOf('\ufeffa: 1\na: 2\n')).toEqual([expect.stringMatching(/^2:1 /)]);
  expect(readYaml('').place(0)).toEqual({ line: 1, column: 1 });
});
