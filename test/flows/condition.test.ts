import { describe, expect, test } from 'vitest';
import { type Condition, compileCondition } from '../../src/flows/condition.ts';
import { TRIGGER_NAMES } from '../../src/flows/names.ts';
import { eventScope, type Scope } from '../../src/flows/scope.ts';
import type { Json } from '../../src/std/json.ts';
import { eventOf } from './event-of.ts';

function compile(text: string): Condition {
  const compiled = compileCondition(text, TRIGGER_NAMES);
  if (compiled.kind === 'compiled') return compiled.value;
  throw new Error(compiled.problems.map(({ message }) => message).join('\n'));
}

function holds(text: string, data: Json): boolean {
  return compile(text).test(eventScope(eventOf(data)));
}

describe('a condition looks at the event', () => {
  test.each<[string, Json]>([
    ["event.type == 'x.done' && event.data.n > 3", { n: 4 }],
    ['payload.n + 1 == 4', { n: 3 }],
    ['payload.n / 2 == 1', { n: 3 }],
    ['payload.price * 2 == 3', { price: 1.5 }],
    ['2 * payload.price - 1 < payload.price + 1', { price: 1.5 }],
    ['1 - payload.price == -0.5 && 3 / payload.price == 2.0', { price: 1.5 }],
    ['payload.n == 9007199254740993.0', { n: 9007199254740992 }],
    ['payload["a b"] == 1 && payload.list[1] == "y"', { 'a b': 1, list: ['x', 'y'] }],
    ['has(payload.a) && !has(payload.b)', { a: 1 }],
    ['"a" in payload && "x" in payload.list', { a: 1, list: ['x'] }],
    ['payload == {"a": [1, {"b": null}]}', { a: [1, { b: null }] }],
    [
      'payload.files.exists(f, f.endsWith(".ts")) && payload.files.all(f, size(f) > 2)',
      { files: ['a.ts'] },
    ],
    [
      'payload.files.filter(f, f != "a").map(f, f + "!") == ["b!", "c!"]',
      { files: ['a', 'b', 'c'] },
    ],
    ['payload.map(k, payload[k] > 1, k) == ["b"]', { a: 1, b: 2 }],
    ['payload.files.exists_one(f, f == "a")', { files: ['a', 'b'] }],
    ['payload.branch.matches("^feature/[a-z]+$")', { branch: 'feature/x' }],
    ['payload.text.replace("a", "b") == "bbnbnb" || true', { text: 'banana' }],
    ['payload.list.join("-") == "a-b" && payload.list.join() == "ab"', { list: ['a', 'b'] }],
    [
      'payload.text.replace("a", "", 2) == "bnna" && payload.text.replace("a", "", -1) == "bnn"',
      { text: 'banana' },
    ],
    ['payload.text.split("n").size() == 3 && size(payload.text) == 6', { text: 'banana' }],
    ['timestamp(payload.at) < timestamp("2027-01-01T00:00:00Z")', { at: '2026-01-01T00:00:00Z' }],
    ['type(payload.n) == int && type(payload.f) == double', { n: 1, f: 1.5 }],
    ['strings.quote(payload.text) == "\\"b\\""', { text: 'b' }],
    ['[payload.a, 2] + [3] == [1, 2, 3]', { a: 1 }],
    ['(payload.n > 1 ? payload.a : payload.b) == "big"', { n: 2, a: 'big' }],
    ['size(bytes(payload.text)) == 2', { text: 'é' }],
    ['payload.__proto__ == 1 && has(payload.__proto__)', JSON.parse('{"__proto__": 1}') as Json],
  ])('%s', (text, data) => {
    expect(holds(text, data)).toBe(true);
  });
});

describe('get() reads a path, or gives the default', () => {
  const data = { a: { b: [{ c: 1 }], n: null }, 'x-y': 2 };

  test.each([
    'get(payload, "a.b[0].c", 9) == 1',
    'get(payload, "x-y", 9) == 2',
    'get(payload.a.b, "[0].c", 9) == 1',
    'get(payload, "a.n", 9) == null',
    'get(payload, "a.b[1].c", 9) == 9',
    'get(payload, "a.x.y", 9) == 9',
    'get(payload, "a.b.c", 9) == 9',
    'get(payload, "[0]", 9) == 9',
    'get(payload, "constructor.name", "no") == "no"',
    'get(payload, "__proto__", "no") == "no"',
    'get(1, "a", "no") == "no"',
  ])('%s', (text) => {
    expect(holds(text, data)).toBe(true);
  });

  test('refuses what is no path', () => {
    expect(() => holds('get(payload, "a b", 1) == 1', data)).toThrowError(/not "a b"/);
  });
});

describe('a condition without a boolean value fails, with the expression and the reason', () => {
  test.each([
    ['payload.n', 'it must be true or false, and is neither'],
    ['payload.nope > 1', 'there is no "nope"; test it by has(), or give a default by get()'],
    [
      'payload.constructor == 1',
      'there is no "constructor"; test it by has(), or give a default by get()',
    ],
    ['payload.s > 1', '">" does not take (string, int)'],
    ['payload.s.size(1) == 1', 'size() does not take string.(int)'],
    ['"a" in payload.s', '"in" does not take (string, string)'],
    ['payload.list[5] == 1', 'index 5 out of bounds [0, -1)'],
    ['payload.n / 0 == 1', 'int divide by zero'],
    ['payload.n.all(x, true)', 'type mismatch: iterable vs int'],
    [
      'payload.list.join(",") == ""',
      'join() takes a list of texts; convert others by map(x, string(x))',
    ],
    [
      'payload.s.replace("", "x") == ""',
      'replace() needs a text to look for, and this one is empty',
    ],
    ['payload.s.matches("(")', expect.stringContaining('missing closing )')],
    ['!payload.s', '"!" does not take (string)'],
  ])('%s', (text, reason) => {
    expect(() => holds(text, { n: 1, s: 'x', list: [1] })).toThrowError(
      expect.objectContaining({ code: 'expression.failed', details: { expression: text, reason } }),
    );
  });

  test('names those that have no value here', () => {
    const empty: Scope = { get: () => undefined };
    expect(() => compile('payload.a == event.b').test(empty)).toThrowError(
      'has no value: "payload" and "event" has no value here.',
    );
  });

  test('passes over a name without a value that is not needed', () => {
    const scope: Scope = { get: (name) => (name === 'event' ? { a: 1 } : undefined) };
    expect(compile('event.a == 1 || payload.b').test(scope)).toBe(true);
  });

  test('shows only the beginning of a long expression, on one line', () => {
    const text = `payload.nope ==\n"${'x'.repeat(100)}"`;
    expect(() => holds(text, {})).toThrowError(
      /^The expression "payload.nope ==\\n"x{43}…" has no/,
    );
  });
});

test('a condition asks for the names that it mentions, and for no other', () => {
  const asked: string[] = [];
  const scope: Scope = {
    get: (name) => {
      asked.push(name);
      return { n: 1, list: [1] };
    },
  };
  expect(compile('payload.list.all(event, event > 0) && payload.n == 1').test(scope)).toBe(true);
  expect(asked).toEqual(['payload']);
});
