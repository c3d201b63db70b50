import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { compileKey, type Key } from '../../src/flows/key.ts';
import { KEY_NAMES } from '../../src/flows/names.ts';
import { eventScope } from '../../src/flows/scope.ts';
import type { Json } from '../../src/std/json.ts';
import { eventOf } from './event-of.ts';

function keyOf(text: string): Key {
  const compiled = compileKey(text, KEY_NAMES);
  if (compiled.kind === 'compiled') return compiled.value;
  throw new Error(compiled.problems.map(({ message }) => message).join('\n'));
}

function key(text: string, data: Json): string {
  return keyOf(text).of(eventScope(eventOf(data)));
}

describe('a key is a text', () => {
  test.each<[string, Json, string]>([
    ['payload.repo', { repo: 'api' }, 'api'],
    ['payload.repo', { repo: '' }, ''],
    ['payload.n', { n: 5 }, '5'],
    ['payload.n * 2', { n: 0.5 }, '1'],
    ['payload.yes && true', { yes: true }, 'true'],
    ['payload.nothing', { nothing: null }, 'null'],
    ['[event.type, payload.n]', { n: 1 }, '["x.done",1]'],
    [
      'payload',
      { b: { d: 1, c: [{ f: 2, e: 3 }] }, a: 4 },
      '{"a":4,"b":{"c":[{"e":3,"f":2}],"d":1}}',
    ],
    ['{"b": payload.n, "a": 1}', { n: 2 }, '{"a":1,"b":2}'],
    ['payload.long', { long: 'x'.repeat(500) }, 'x'.repeat(500)],
  ])('%s', (text, data, expected) => {
    expect(key(text, data)).toBe(expected);
  });
});

test('a key keeps the expression that it was written as', () => {
  expect(keyOf(' payload.n').text).toBe(' payload.n');
});

test.each(['payload.none', '1 / payload.zero', 'payload.large + 1', 'b"bytes"'])(
  '%s has no key, and the error says why',
  (text) => {
    expect(() => key(text, { zero: 0, large: Number.MAX_SAFE_INTEGER })).toThrowError(
      expect.objectContaining({ code: 'expression.failed' }) as Error,
    );
  },
);

test('a key knows the event and nothing of a run', () => {
  expect(compileKey('steps.a.output + item', KEY_NAMES)).toMatchObject({
    kind: 'refused',
    problems: [
      {
        message:
          '"steps" has no value in a key; known there are event, payload, files, changed_files',
      },
      {
        message:
          '"item" has a value only in the steps of an "each"; known there are event, payload, ' +
          'files, changed_files',
      },
    ],
  });
});

test('values that are equal have the same key, in whatever order their fields were written', () => {
  const reversed = (value: Json): Json => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(reversed);
    const fields = Object.entries(value).map(([name, held]) => [name, reversed(held)] as const);
    return Object.fromEntries(fields.toReversed());
  };
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const x = value as Json;
      expect(key('payload.x', { x: reversed(x) })).toBe(key('payload.x', { x }));
    }),
  );
});
