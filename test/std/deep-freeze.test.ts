import { expect, test } from 'vitest';
import { deepFreeze } from '../../src/std/deep-freeze.ts';

test('freezes what a value holds, at any depth, and returns the value', () => {
  const value = { a: [{ b: { c: 1 } }], d: null, e: 'x', f: () => {} };
  expect(deepFreeze(value)).toBe(value);
  expect([value, value.a, value.a[0], value.a[0]?.b].every((part) => Object.isFrozen(part))).toBe(
    true,
  );
  expect(Object.isFrozen(value.f)).toBe(false);
});

test('ends where a value holds itself', () => {
  const value: { self?: unknown } = {};
  value.self = value;
  expect(deepFreeze(value).self).toBe(value);
});

test('leaves what is no object as it is', () => {
  expect([deepFreeze(1), deepFreeze(null), deepFreeze(undefined)]).toEqual([1, null, undefined]);
});
