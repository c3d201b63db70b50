import { describe, expect, test } from 'vitest';
import { compileExpression, EXPRESSION_LENGTH_MAX } from '../../../src/flows/cel/expression.ts';
import { namesAfter } from '../../../src/flows/names.ts';

function problemsOf(text: string): string[] {
  const compiled = compileExpression(text, namesAfter([{ id: 'one' }]));
  return compiled.kind === 'compiled' ? [] : compiled.problems.map(({ message }) => message);
}

const wrong = (text: string, reason: string): string =>
  `the expression "${text}" is wrong: ${reason}`;

describe('an expression is refused at load', () => {
  test.each([
    ['', 'it ends too early'],
    ['payload.n =', 'it cannot be read from "=" on; to compare, write "=="'],
    ['payload.a not b', 'it cannot be read from "not b" on'],
    ['true\nand true', 'it cannot be read from "and true" on; write "&&" for and, "||" for or'],
    [
      "'abc",
      `it cannot be read from "'abc" on; a text must end with the quote that it begins with`,
    ],
    ['if', 'reserved identifier'],
    ['all(payload)', 'all() takes a name and an expression, as in list.all(x, x > 0)'],
    ['payload.exists(x)', 'exists() takes a name and an expression, as in list.exists(x, x > 0)'],
    ['has(payload)', 'has() takes a field, as in has(payload.version)'],
    ['payload.endWith("x")', 'there is no function endWith(), did you mean "endsWith"?'],
    ['google.protobuf.Empty{}', 'there are no messages such as "google.protobuf.Empty" here'],
    [
      'google.protobuf.Duration{seconds: 1}',
      'there are no messages such as "google.protobuf.Duration" here',
    ],
    ['a.b.c(1)', 'there is no function c()'],
  ])('%s', (text, reason) => {
    expect(problemsOf(text)).toContain(wrong(text.replace('\n', '\\n'), reason));
  });

  test('with everything that is wrong with it', () => {
    expect(problemsOf('foo(evnt.a) + bar(steps.two.output, steps["one"].output) == x')).toEqual([
      wrong(
        'foo(evnt.a) + bar(steps.two.output, steps["one"].output) == …',
        'there is no function foo()',
      ),
      wrong(
        'foo(evnt.a) + bar(steps.two.output, steps["one"].output) == …',
        'there is no function bar()',
      ),
      expect.stringContaining('nothing defines "evnt", did you mean "event"?'),
      'no step "two" comes before this one; there are "one"',
      expect.stringContaining('nothing defines "x"'),
    ]);
  });

  test.each([
    '{"a": nope}',
    '{nope: 1}',
    '[nope]',
    'nope ? 1 : 2',
    '-nope',
    'payload[nope]',
    'payload.f(nope)',
    'nope.f()',
    'payload.map(x, nope)',
    'payload.map(x, x)[0] + nope',
    '[1].map(nope, nope)[0] + nope',
    'nope.exists(x, x)',
    'type(nope)',
    'int.nope == nope',
    '.nope',
    'payload[1.5] == payload[nope]',
  ])('where a name is unknown wherever it stands: %s', (text) => {
    expect(problemsOf(text).join()).toContain('nothing defines "');
  });
});

describe('the cost of an expression is bounded at load', () => {
  test('by the depth of its loops', () => {
    expect(problemsOf('payload.all(a, payload.all(b, a == b))')).toEqual([]);
    expect(problemsOf('payload.all(a, true).all(b, true).map(c, c)')).toEqual([]);
    expect(problemsOf('payload.all(a, payload.all(b, payload.map(c, c).size() > 0))')).toEqual([
      expect.stringContaining('its loops stand 3 deep; at most 2 are allowed'),
    ]);
    const deep = `${'payload.all(a, '.repeat(30)}true${')'.repeat(30)}`;
    expect(problemsOf(deep)).toEqual([expect.stringContaining('its loops stand 3 deep')]);
  });

  test('by its length', () => {
    const text = `"${'x'.repeat(EXPRESSION_LENGTH_MAX)}"`;
    expect(problemsOf(text)).toEqual([
      expect.stringContaining('it has 4098 characters, over 4096'),
    ]);
  });

  test.each([
    ['(', ')'],
    ['[', ']'],
    ['{1: ', '}'],
    ['size(', ')'],
    ['payload.f(', ')'],
    ['payload[', ']'],
    ['true ? true : ', ''],
  ])('by its nesting: %s', (open, close) => {
    const count = Math.floor((EXPRESSION_LENGTH_MAX - 4) / (open.length + close.length));
    const problems = problemsOf(`${open.repeat(count)}true${close.repeat(count)}`);
    expect(problems.join()).toMatch(/nests deeper than 100 levels|nests too deep/);
  });

  test.each(['!', '-'])('but not by signs, which the parser takes together: %s', (sign) => {
    expect(problemsOf(`${sign.repeat(4_000)}true`)).toEqual([]);
  });

  test('by its paths and its chains', () => {
    expect(problemsOf(`payload${'.a'.repeat(2_000)} == 1`).join()).toContain('nests deeper');
    expect(problemsOf(`${'1+'.repeat(1_900)}1 == 1`).join()).toContain('nests deeper');
    expect(problemsOf(`payload${'.f()'.repeat(900)} == 1`).join()).toContain('nests deeper');
    expect(problemsOf(Array(400).fill('true').join('&&'))).toEqual([]);
  });
});
