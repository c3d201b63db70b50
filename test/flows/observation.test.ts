import { describe, expect, test } from 'vitest';
import { type Condition, compileCondition } from '../../src/flows/condition.ts';
import { TRIGGER_NAMES } from '../../src/flows/names.ts';
import { falseClauses, observe, VALUE_LENGTH_MAX } from '../../src/flows/observation.ts';
import { eventScope } from '../../src/flows/scope.ts';
import type { Json } from '../../src/std/json.ts';
import { eventOf } from './event-of.ts';

function compile(text: string): Condition {
  const compiled = compileCondition(text, TRIGGER_NAMES);
  if (compiled.kind === 'compiled') return compiled.value;
  throw new Error(compiled.problems.map(({ message }) => message).join('\n'));
}

function seen(text: string, data: Json): (string | null)[][] {
  const found = observe(compile(text), eventScope(eventOf(data)));
  return found.map(({ path, value }) => [path, value]);
}

describe('the values that a condition saw', () => {
  test.each<[string, Json, (string | null)[][]]>([
    ["event.data.level == 'red'", { level: 'green' }, [['event.data.level', '"green"']]],
    [
      'has(payload.a.b) && payload.n > 1',
      { n: 1 },
      [
        ['payload.a.b', null],
        ['payload.n', '1'],
      ],
    ],
    ['payload.n > 1 || payload.n < 0', { n: 1 }, [['payload.n', '1']]],
    [
      'payload.list.all(x, x > payload.n)',
      { list: [1], n: 2 },
      [
        ['payload.list', '[1]'],
        ['payload.n', '2'],
      ],
    ],
    ['get(payload, "a.b[0]", 0) == 1', { a: { b: [7] } }, [['payload.a.b[0]', '7']]],
    ['get(payload, "a b", 0) == 1', { a: 1 }, [['payload', '{"a":1}']]],
    [
      'get(payload, payload.at, 0) == 1',
      { at: 'x' },
      [
        ['payload', '{"at":"x"}'],
        ['payload.at', '"x"'],
      ],
    ],
    ['get({"a": payload.n}, "a", 0) == 1', { n: 3 }, [['payload.n', '3']]],
    ['true', {}, []],
  ])('%s', (text, data, values) => {
    expect(seen(text, data)).toEqual(values);
  });

  test('are cut where they are long', () => {
    const [[, value] = []] = seen('payload.text == ""', { text: 'x'.repeat(1_000_000) });
    expect(value).toBe(`"${'x'.repeat(VALUE_LENGTH_MAX - 1)}…`);
  });

  test('are few, however many paths there are', () => {
    const text = Array.from({ length: 100 }, (_, i) => `payload.f${i} == 1`).join(' || ');
    expect(seen(text, {})).toHaveLength(16);
  });

  test('are none where nobody knows what a condition reads', () => {
    const condition = { text: 'x', test: () => false };
    expect(observe(condition, eventScope(eventOf({})))).toEqual([]);
  });
});

describe('the parts of a condition that are false', () => {
  test.each<[string, string[]]>([
    ['payload.n == 1 && payload.n < 5', []],
    ['payload.n == 2 && payload.n < 5', ['payload.n == 2']],
    ['payload.n == 2 && payload.nope == 1 && payload.n > 5', ['payload.n == 2', 'payload.n > 5']],
    ['payload.n == 2', []],
  ])('%s', (text, clauses) => {
    expect(falseClauses(compile(text), TRIGGER_NAMES, eventScope(eventOf({ n: 1 })))).toEqual(
      clauses,
    );
  });

  test('are none where a part cannot be read by itself', () => {
    const condition = { text: 'payload.n == 2 && nobody', test: () => false };
    expect(falseClauses(condition, TRIGGER_NAMES, eventScope(eventOf({ n: 1 })))).toEqual([
      'payload.n == 2',
    ]);
  });
});
