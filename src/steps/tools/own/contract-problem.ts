import type { core } from 'zod';
import type { JsonSchema } from '../../../flows/contract.ts';
import { escapeText } from '../../../std/escape.ts';
import { isObject, type Json } from '../../../std/json.ts';
import { beginningOf } from '../../written-value.ts';

/** How much of a contract, and of what breaks it, a message shows. */
const SHOWN_LENGTH_MAX = 400;

/** A contract and the value that breaks it. */
export interface Broken {
  readonly schema: JsonSchema;
  readonly value: Json;
  /** What the value is, as in `it gave {…}`. */
  readonly holder: string;
}

/** Says what breaks a contract, with both shown: `…: "n": expected a number. It wants …`. */
export function contractProblem(
  beginning: string,
  { path, message }: Pick<core.$ZodIssue, 'path' | 'message'>,
  { schema, value, holder }: Broken,
): string {
  const place = path.length === 0 ? '' : `"${path.map(String).join('.')}": `;
  const contract = shownJson(shortOf(schema));
  const what = message.endsWith('?') ? message : `${message}.`;
  const both = `Its contract is ${contract}; ${holder} ${shownJson(value)}.`;
  return `${beginning}: ${place}${what} ${both}`;
}

/** The contract in short words where it can be said in them: `{"files":"array"}`. */
function shortOf(schema: JsonSchema): Json {
  const { type, properties, required, ...rest } = schema;
  const others = Object.keys(rest).filter((key) => key !== 'additionalProperties');
  if (type !== 'object' || !isObject(properties ?? null) || others.length > 0) return schema;
  const needed = Array.isArray(required) ? required : [];
  const fields = Object.entries(properties as JsonSchema).map(([name, field]): [string, Json] => {
    const word = wordOf(field);
    if (word === undefined) return [name, field];
    return [name, needed.includes(name) ? word : `${word}?`];
  });
  return Object.fromEntries(fields);
}

function wordOf(field: Json): string | undefined {
  if (!isObject(field)) return undefined;
  const { type = 'any', ...rest } = field;
  return typeof type === 'string' && Object.keys(rest).length === 0 ? type : undefined;
}

function shownJson(value: Json): string {
  return beginningOf(escapeText(JSON.stringify(value)), SHOWN_LENGTH_MAX);
}
