import { describe, expect, test } from 'vitest';
import { deepFreeze } from '../../src/std/deep-freeze.ts';

describe('freezing', () => {
  test('reaches everything that a value holds, and gives the value back', () => {
    const value = { list: [{ deep: { deeper: 1 } }], text: 'a' };
    expect(deepFreeze(value)).toBe(value);
    expect(() => Object.assign(value.list[0]?.deep ?? {}, { deeper: 2 })).toThrow(TypeError);
    expect(() => value.list.push({ deep: { deeper: 3 } })).toThrow(TypeError);
  });

  test('takes what cannot be frozen as it is', () => {
    for (const value of [null, undefined, 1, 'a', true]) expect(deepFreeze(value)).toBe(value);
  });

  test('ends where a value holds itself', () => {
    const loop: { self?: object } = {};
    loop.self = loop;
    expect(Object.isFrozen(deepFreeze(loop))).toBe(true);
  });
});
