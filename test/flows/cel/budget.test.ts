import { describe, expect, test } from 'vitest';
import { compileExpression } from '../../../src/flows/cel/expression.ts';
import { fromCelValue } from '../../../src/flows/cel/value.ts';
import { TRIGGER_NAMES } from '../../../src/flows/names.ts';
import { eventScope } from '../../../src/flows/scope.ts';
import type { Json } from '../../../src/std/json.ts';
import { eventOf } from '../event-of.ts';

function evaluate(text: string, data: Json): Json {
  const compiled = compileExpression(text, TRIGGER_NAMES);
  if (compiled.kind === 'refused') throw new Error(compiled.problems[0]?.message);
  return fromCelValue(compiled.value.evaluate(eventScope(eventOf(data))));
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const same = (count: number, value: Json): Json[] => Array.from({ length: count }, () => value);
const TOO_MUCH = /takes more than 1000000 operations on this event/;

describe('what an event costs an expression is bounded', () => {
  const big = 'ab'.repeat(500_000);

  test.each<[string, Json]>([
    ['payload.all(x, payload.all(y, x + y >= 0))', numbers(2_000)],
    ['payload.all(x, x in payload)', numbers(5_000)],
    ['payload.map(x, payload.filter(y, y == x).size())', same(500, numbers(50))],
    ['payload.all(x, x == {"a": payload})', same(500, { a: same(500, numbers(50)) })],
    ['payload.n.map(x, payload.s.contains("c"))', { n: numbers(1_000), s: big }],
    ['payload.n.map(x, payload.s.lowerAscii())', { n: numbers(1_000), s: big }],
    ['payload.n.map(x, payload.s + payload.s)', { n: numbers(1_000), s: big }],
    ['payload.n.map(x, size(payload.s))', { n: numbers(1_000), s: big }],
    ['payload.n.map(x, string(bytes(payload.s)) < payload.s)', { n: numbers(1_000), s: big }],
    [
      'payload.n.map(x, payload.list.join(payload.s))',
      { n: numbers(10), list: same(100, 'a'), s: big },
    ],
    ['payload.s.replace("a", payload.s)', { s: big }],
    ['payload.s.matches("((a|b|c|d){30}){30}$")', { s: big }],
    ['payload.s.matches("(a?){500}a{500,}")', { s: big }],
    ['payload.n.all(x, get(payload, payload.s, 1) == 1)', { n: numbers(1_000), s: big }],
    ['payload.n.all(x, "%s".format([payload]) != "")', { n: numbers(1_000), s: big }],
  ])('%s', (text, data) => {
    expect(() => evaluate(text, data)).toThrowError(TOO_MUCH);
  });

  test('and each evaluation begins anew', () => {
    const text = 'payload.map(x, payload.exists(y, x == y)).size()';
    for (let i = 0; i < 3; i++) expect(evaluate(text, numbers(600))).toBe(600);
  });

  test('but an ordinary event costs far less', () => {
    const files = Array.from({ length: 3_000 }, (_, index) => `src/part-${index}/file.ts`);
    const allowed = ['src/', 'test/', 'docs/'];
    const text = 'payload.files.all(f, payload.allowed.exists(a, f.startsWith(a)))';
    expect(evaluate(text, { files, allowed })).toBe(true);
    expect(evaluate('payload.diff.matches("TODO|FIXME")', { diff: 'x'.repeat(1_000_000) })).toBe(
      false,
    );
  });
});

describe('lists are bounded', () => {
  test('ten thousand elements can be looped over, mapped, and read to the last', () => {
    const list = numbers(10_000);
    expect(evaluate('payload.map(x, x + 1).filter(x, x % 2 == 0)', list)).toHaveLength(5_000);
    expect(evaluate('payload.map(x, x)[9999]', list)).toBe(9_999);
    expect(evaluate('payload.map(x, x) + payload.filter(x, x < 2) == payload', list)).toBe(false);
  });

  test('a longer one takes no part', () => {
    const list = numbers(10_001);
    const reason = 'a list of 10001 is too long; expressions take up to 10000';
    expect(() => evaluate('payload.size()', list)).toThrowError(reason);
    expect(() => evaluate('payload.a.all(x, true)', { a: list })).toThrowError(reason);
    expect(() =>
      evaluate('payload.a.all(x, true)', { a: Object.fromEntries(list.map((n) => [`k${n}`, n])) }),
    ).toThrowError(reason);
    expect(() => evaluate('payload.split("").all(x, true)', 'x'.repeat(10_001))).toThrowError(
      reason,
    );
  });

  test('what one evaluation collects is not seen by another', () => {
    const text = 'payload.map(x, payload.map(y, y).size() + x)';
    expect(evaluate(text, [1, 2])).toEqual([3, 4]);
    expect(evaluate(text, [1, 2])).toEqual([3, 4]);
    expect(evaluate('[[1].map(x, x), [2].map(x, x)] == [[1], [2]]', null)).toBe(true);
  });
});

test('a pattern that stalls backtracking engines is searched in linear time', () => {
  expect(evaluate('payload.matches("^(a+)+$")', `${'a'.repeat(50_000)}!`)).toBe(false);
  expect(evaluate('payload.matches("(x+x+)+y")', 'x'.repeat(50_000))).toBe(false);
});
