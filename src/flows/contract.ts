import { z, type ZodObject, type ZodType } from 'zod';
import { messageOf } from '../std/errors.ts';
import type { Json } from '../std/json.ts';

/** JSON Schema, as JSON. */
export type JsonSchema = { readonly [key: string]: Json };

/** The short words for what a field holds; `?` behind one says that it may be left out. */
const WORDS = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'any'] as const;
const WORD = new RegExp(`^(${WORDS.join('|')})\\??$`);

/** Keywords of JSON Schema by which a text could keep the check busy for ever. */
const REFUSED: ReadonlySet<string> = new Set(['pattern', 'patternProperties']);
/** How many values a schema may have. */
const VALUES_MAX = 10_000;

/**
 * A contract as it is written, made JSON Schema: `{ name: 'string', age: 'integer?' }`, or that.
 * What has `type: object`, or a `type` alone, is JSON Schema.
 */
export function schemaOf(written: JsonSchema): JsonSchema {
  const words = Object.entries(written).flatMap(([name, word]) =>
    typeof word === 'string' && WORD.test(word) ? [{ name, word }] : [],
  );
  const { type, ...others } = written;
  const isSchema = type === 'object' || (type !== undefined && Object.keys(others).length === 0);
  if (isSchema || words.length < Object.keys(written).length) return written;
  const fields = words.map(({ name, word }) => fieldOf(name, word));
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
    required: fields.filter(({ optional }) => !optional).map(({ name }) => name),
    additionalProperties: false,
  };
}

interface Field {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly optional: boolean;
}

function fieldOf(name: string, word: string): Field {
  const optional = word.endsWith('?');
  const type = optional ? word.slice(0, -1) : word;
  return { name, schema: type === 'any' ? {} : { type }, optional };
}

/** What checks values against a schema, or why there is none. Never throws. */
export function contractOf(
  schema: JsonSchema,
): { readonly contract: ZodType } | { readonly problem: string } {
  const refused = refusedIn(schema);
  if (refused !== undefined) return { problem: refused };
  try {
    return { contract: z.fromJSONSchema(schema) };
  } catch (error) {
    return { problem: `is no JSON Schema that is read: ${messageOf(error)}` };
  }
}

/** The same for what has to be an object. */
export function objectContractOf(
  schema: JsonSchema,
): { readonly contract: ZodObject } | { readonly problem: string } {
  const made = contractOf(schema);
  if ('problem' in made) return made;
  if (made.contract instanceof z.ZodObject) return { contract: made.contract };
  return { problem: 'describes no object; write { name: string }, or "type: object"' };
}

function refusedIn(schema: JsonSchema): string | undefined {
  const open: Json[] = [schema];
  let count = 0;
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (++count > VALUES_MAX) return `has more than ${VALUES_MAX} values`;
    if (typeof value !== 'object' || value === null) continue;
    const key = Object.keys(value).find((name) => REFUSED.has(name));
    if (key !== undefined) {
      return `has "${key}", which a text could keep busy for ever; use matches() in "pre"`;
    }
    open.push(...Object.values(value));
  }
  return undefined;
}
