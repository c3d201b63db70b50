import { expect, test } from 'vitest';
import { z } from 'zod';
import { readWith } from '../../../src/flows/parse/schema-reading.ts';
import { readYaml } from '../../../src/flows/parse/yaml-document.ts';

function read(schema: z.ZodType, text: string): string[] {
  const { root, place } = readYaml(text);
  if (root === undefined) throw new Error('no YAML');
  const said: string[] = [];
  const later = new Set(['soon']);
  const value = readWith(schema, root, {
    what: 'the thing',
    later,
    report: ({ at, code, message }) => said.push(`${place(at).column} ${code} ${message}`),
  });
  expect(value === undefined).toBe(said.length > 0);
  return said;
}

const inner = z.strictObject({ value: z.int() });

const wrong = '{ value: 1, valeu: 2 }';

test.each<[string, z.ZodType, string]>([
  ['optional', inner.optional(), wrong],
  ['nullable', inner.nullable(), wrong],
  ['defaulted', inner.default({ value: 1 }), wrong],
  ['readonly', inner.readonly(), wrong],
  ['piped', inner.transform(({ value }) => value), wrong],
  ['either', z.union([z.string(), inner]), wrong],
  ['listed.0', z.array(inner), `[${wrong}]`],
  ['mapped.a', z.record(z.string(), inner), `{ a: ${wrong} }`],
])('an unknown key is compared with what is known where it stands: %s', (path, schema, text) => {
  const [key = ''] = path.split('.');
  expect(read(z.strictObject({ [key]: schema }), `{ ${key}: ${text} }`)).toEqual([
    expect.stringContaining(`unknown key "valeu" in "${path}", did you mean "value"?`),
  ]);
});

test('where the known keys cannot be told, the unknown one alone is', () => {
  const schema = z.strictObject({ pair: z.tuple([inner]) });
  expect(read(schema, `{ pair: [${wrong}] }`)).toEqual([
    '22 config.unknown_key unknown key "valeu" in "pair.0"',
  ]);
});

test('a key that a later version brings is told so', () => {
  expect(read(inner, '{ value: 1, soon: 2, never: 3 }')).toEqual([
    '13 config.not_supported "soon" is not supported by this version; remove it',
    '22 config.unknown_key unknown key "never" in the thing; known are value',
  ]);
});

test('a union says what its members expect, or what it says itself', () => {
  expect(read(z.union([z.string(), z.array(z.string())]), '5')).toEqual([
    '1 config.invalid the thing: expected a text or a list',
  ]);
  const never = z.custom<string>(() => false, 'takes nothing');
  expect(read(z.union([never, never], 'takes nothing at all'), '5')).toEqual([
    '1 config.invalid the thing: takes nothing at all',
  ]);
});

test('what is missing is told as missing', () => {
  expect(read(inner, '{}')).toEqual(['1 config.invalid "value" is missing: expected a number']);
});
