import { describe, expect, test } from 'vitest';
import {
  contractOf,
  type JsonSchema,
  objectContractOf,
  schemaOf,
} from '../../src/flows/contract.ts';

function takes(written: JsonSchema, value: unknown): boolean {
  const made = contractOf(schemaOf(written));
  if ('problem' in made) throw new Error(made.problem);
  return made.contract.safeParse(value).success;
}

describe('the short form', () => {
  const short = { name: 'string', age: 'integer?', more: 'any?' };
  test.each<readonly [unknown, boolean]>([
    [{ name: 'a' }, true],
    [{ name: 'a', age: 3, more: [null] }, true],
    [{ name: 'a', age: 3.5 }, false],
    [{ age: 3 }, false],
    [{ name: 'a', other: 1 }, false],
    ['a', false],
  ])('%j is taken: %j', (value, taken) => {
    expect(takes(short, value)).toBe(taken);
  });

  test('nothing at all takes an empty object alone', () => {
    expect(takes({}, {})).toBe(true);
    expect(takes({}, { a: 1 })).toBe(false);
  });
});

test('whatever else is JSON Schema as it stands', () => {
  const list = { type: 'array', items: { type: 'integer', maximum: 3 } };
  expect(takes(list, [1, 2])).toBe(true);
  expect(takes(list, [4])).toBe(false);
  expect(takes({ type: 'object' }, { any: 1 })).toBe(true);
  expect(takes({ type: 'string' }, 'a')).toBe(true);
  expect(takes({ type: 'string', name: 'string' }, { type: 'a', name: 'b' })).toBe(true);
});

describe('a schema that cannot be used says why', () => {
  test.each<readonly [JsonSchema, RegExp]>([
    [{ type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } }, /"pattern"/],
    [{ patternProperties: {} }, /"patternProperties"/],
    [{ type: 'wrong' }, /is no JSON Schema/],
    [{ enum: Array.from({ length: 10_001 }, () => 1) }, /more than 10000 values/],
  ])('%#', (schema, message) => {
    expect(contractOf(schema)).toEqual({ problem: expect.stringMatching(message) as string });
    expect(objectContractOf(schema)).toHaveProperty('problem');
  });

  test('and what a tool takes has to be an object', () => {
    expect(objectContractOf({ type: 'array' })).toHaveProperty('problem');
    expect(objectContractOf({ type: 'object' })).toHaveProperty('contract');
  });
});
