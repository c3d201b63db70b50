import { z } from 'zod';

/** A JSON Schema, draft 7: what editors read. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The same of properties by their names. */
export type Properties = Readonly<Record<string, JsonSchema>>;

/** What one may write so that a schema takes it. What JSON Schema cannot say is left out. */
export function written(schema: z.ZodType): JsonSchema {
  const options = { io: 'input', target: 'draft-7', unrepresentable: 'any' } as const;
  const { $schema: _, '~standard': __, ...own } = z.toJSONSchema(schema, options) as JsonSchema;
  return own;
}

/** The same of each property of a shape. */
export function writtenEach(shape: Readonly<Record<string, z.ZodType>>): Properties {
  return Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, written(schema)]));
}

/** The properties that an object may have, those of all members where it is one of several. */
export function propertiesOf(schema: JsonSchema): Properties {
  const members = (schema['anyOf'] ?? schema['oneOf']) as readonly JsonSchema[] | undefined;
  if (members !== undefined) return Object.assign({}, ...members.map(propertiesOf)) as Properties;
  return (schema['properties'] ?? {}) as Properties;
}

/** The properties that an object has to have, whichever of several it is. */
export function requiredOf(schema: JsonSchema): readonly string[] {
  const members = (schema['anyOf'] ?? schema['oneOf']) as readonly JsonSchema[] | undefined;
  if (members === undefined) return (schema['required'] ?? []) as readonly string[];
  const [first = [], ...rest] = members.map(requiredOf);
  return first.filter((key) => rest.every((other) => other.includes(key)));
}

/** An object with these properties and no others. */
export function strict(properties: Properties, required: readonly string[] = []): JsonSchema {
  return { type: 'object', properties, additionalProperties: false, required };
}

/** A part of the schema that is written once. */
export function ref(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` };
}

/** In what cannot be any text, a variable stands for the value: `"${PORT}"`. */
export function withVariables(schema: JsonSchema): JsonSchema {
  const entries = Object.entries(schema).map(([keyword, value]) => [
    keyword,
    Array.isArray(value)
      ? (value as readonly unknown[]).map((each) => withVariablesIn(each))
      : withVariablesIn(value, keyword === 'properties'),
  ]);
  const inner = Object.fromEntries(entries) as JsonSchema;
  return isRestricted(schema) ? { anyOf: [inner, ref('variable')] } : inner;
}

function withVariablesIn(value: unknown, isMap = false): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const schema = value as JsonSchema;
  if (!isMap) return withVariables(schema);
  return Object.fromEntries(
    Object.entries(schema).map(([key, inner]) => [key, withVariablesIn(inner)]),
  );
}

function isRestricted({ type, enum: values, pattern, format }: JsonSchema): boolean {
  if (typeof type !== 'string') return false;
  if (['integer', 'number', 'boolean'].includes(type)) return true;
  return type === 'string' && [values, pattern, format].some((each) => each !== undefined);
}
