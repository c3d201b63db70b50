import { suggestion } from '../std/diagnostics.ts';
import { isObject, type Json } from '../std/json.ts';
import type { JsonSchema } from './contract.ts';

/**
 * Why what one contract gives can be nothing that another one takes, as the end of a sentence that
 * begins with who takes it; undefined where it may. Looks at the names and the types of fields:
 * what a schema says of them beside that is for the call itself.
 */
export function misfit(given: JsonSchema, taken: JsonSchema): string | undefined {
  const names = fieldsOf(given);
  const wanted = fieldsOf(taken);
  const required = listOf(taken['required']).map(String);
  const isClosed = given['additionalProperties'] === false;
  for (const name of isClosed ? required : []) {
    if (names.has(name)) continue;
    const meant = suggestion(name, [...names.keys()]);
    return `needs "${name}", which is not given${meant}`;
  }
  for (const [name, schema] of wanted) {
    const [from, to] = [typesOf(names.get(name)), typesOf(schema)];
    if (from.length === 0 || to.length === 0 || from.some((type) => isTaken(type, to))) continue;
    return `takes "${name}" as ${to.join(' or ')}, and is given ${from.join(' or ')}`;
  }
  return undefined;
}

/** A number may be whole. */
function isTaken(type: string, types: readonly string[]): boolean {
  const isNumber = type === 'number' || type === 'integer';
  return types.includes(type) || (isNumber && types.some((to) => /^(number|integer)$/.test(to)));
}

function fieldsOf({ properties }: JsonSchema): ReadonlyMap<string, Json> {
  return new Map(isObject(properties) ? Object.entries(properties) : []);
}

/** The types that a schema names; none where it leaves them open. */
function typesOf(schema: Json | undefined): string[] {
  if (!isObject(schema)) return [];
  const { type } = schema;
  return typeof type === 'string' ? [type] : listOf(type).map(String);
}

function listOf(value: Json | undefined): readonly (string | number)[] {
  return Array.isArray(value) ? (value as readonly string[]) : [];
}
