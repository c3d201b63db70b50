import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { isObject, JSON_DEPTH_MAX, parseJson } from '../../src/std/json.ts';

describe('JSON from outside', () => {
  test('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each(['', '{"a":}', '[1,]', "{'a':1}", 'undefined', '"\u0001"'])(
    'is refused where it is none: %s',
    (text) => {
      expect(() => parseJson(text)).toThrow(
        expect.objectContaining({ code: 'json.invalid', cause: expect.any(SyntaxError) }),
      );
    },
  );

  test('may nest as deep as allowed', () => {
    const lists = '['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX);
    const objects = '{"a":'.repeat(JSON_DEPTH_MAX) + '1' + '}'.repeat(JSON_DEPTH_MAX);
    expect(() => parseJson(lists)).not.toThrow();
    expect(() => parseJson(objects)).not.toThrow();
  });

  test.each([
    ['lists', '['.repeat(JSON_DEPTH_MAX + 1), JSON_DEPTH_MAX],
    ['objects', '{"a":'.repeat(JSON_DEPTH_MAX + 1), 5 * JSON_DEPTH_MAX],
    ['a hostile number of both', '[{"a":'.repeat(1_000_000), (6 * JSON_DEPTH_MAX) / 2],
  ])('is refused before it is parsed where it nests deeper: %s', (_, text, position) => {
    expect(() => parseJson(text)).toThrow(
      expect.objectContaining({ code: 'json.too_deep', details: { position } }),
    );
  });

  test('neighbours do not count as depth', () => {
    const siblings = `[${'[[{}]],'.repeat(1_000)}0]`;
    expect(() => parseJson(siblings)).not.toThrow();
  });

  test('brackets in texts do not count, whatever is escaped around them', () => {
    // So many brackets that they have to be counted.
    const siblings = Array.from({ length: JSON_DEPTH_MAX + 1 }, () => ({}));
    const pieces = fc.constantFrom('[', '{', '\\"', '\\\\', '"', '\\u005b', 'a');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 300 }), (parts) => {
        const value = { text: parts.join(''), siblings };
        expect(parseJson(JSON.stringify(value))).toEqual(value);
      }),
    );
    expect(parseJson(JSON.stringify(['['.repeat(1_000)]))).toEqual(['['.repeat(1_000)]);
  });
});

test('only objects are objects', () => {
  expect([{}, { a: 1 }].every(isObject)).toBe(true);
  expect([null, [], 'a', 1, undefined].some(isObject)).toBe(false);
});
