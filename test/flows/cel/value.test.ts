import { celMap, isCelMap } from '@bufbuild/cel';
import { describe, expect, test } from 'vitest';
import { valueOrThrow } from '../../../src/flows/cel/budget.ts';
import { fromCelValue, JsonFields, toCelValue } from '../../../src/flows/cel/value.ts';
import type { Json } from '../../../src/std/json.ts';

describe('JSON goes into CEL and comes back as it was', () => {
  test.each<Json>([
    null,
    true,
    'x',
    0,
    -0.5,
    1e300,
    9007199254740991,
    [],
    {},
    [1, [2.5, { a: null }]],
    { a: { b: [{ c: '' }] }, constructor: 1, '': 2 },
    JSON.parse('{"__proto__": {"a": 1}}') as Json,
  ])('%j', (value) => {
    expect(JSON.stringify(fromCelValue(toCelValue(value)))).toBe(JSON.stringify(value));
  });
});

test('whole numbers are ints, and all others doubles', () => {
  expect(toCelValue(3)).toBe(3n);
  expect(toCelValue(2 ** 53)).toBe(2 ** 53);
  expect(toCelValue(0.5)).toBe(0.5);
});

test('an object is a map of its own fields, made when they are asked for', () => {
  const map = toCelValue({ a: 1, b: [2], gone: undefined } as unknown as Json);
  if (!isCelMap(map)) throw new Error('no map');
  expect([map.size, map.get('a'), map.get('gone'), map.get('toString'), map.get(1n)]).toEqual([
    3,
    1n,
    undefined,
    undefined,
    undefined,
  ]);
  expect([map.has('a'), map.has('gone'), map.has('constructor')]).toEqual([true, false, false]);
  expect([...map.keys()]).toEqual(['a', 'b', 'gone']);
});

test('has what it gives', () => {
  const fields = new JsonFields({ a: null });
  expect([fields.has('a'), fields.has('b'), fields.has('toString')]).toEqual([true, false, false]);
});

test('all ways to walk through an object agree', () => {
  const map = toCelValue({ a: 1, b: 'x' });
  if (!isCelMap(map)) throw new Error('no map');
  const walked: unknown[] = [];
  map.forEach((value, key) => walked.push([key, value]));
  expect(walked).toEqual([...map.entries()]);
  expect(walked).toEqual([...map]);
  expect([...map.values()]).toEqual([1n, 'x']);
});

test('a list is converted once, however often it is looked at', () => {
  const list: Json = [{ a: 1 }];
  expect(toCelValue(list)).toBe(toCelValue(list));
});

test('keys that are no texts become texts', () => {
  const map = celMap(
    new Map<string | bigint | boolean, string>([
      [1n, 'a'],
      [true, 'b'],
    ]),
  );
  expect(fromCelValue(map)).toEqual({ '1': 'a', true: 'b' });
});

test('a function that does not take its arguments has no value', () => {
  expect(valueOrThrow(1n)).toBe(1n);
  expect(() => valueOrThrow(undefined)).toThrowError('does not take such arguments');
});
