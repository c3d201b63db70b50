import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Answer, Api } from './api.ts';

/** Why an answer is not what the document says of its route; undefined where it is. */
export type Judge = (method: string, path: string, answer: Answer) => string | undefined;

type Schema = { readonly [key: string]: unknown };

interface Response {
  readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly responses: Readonly<Record<string, Response>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Events carry what senders add, so these may hold more than their schemas name. */
const OPEN = new Set(['Event', 'EventDetail', 'EventView']);

/** Holds answers against the document, in which no member may be that it does not name. */
export async function judgeBy({ ask }: Api): Promise<Judge> {
  const document = (await ask('/api/v1/openapi.json')).json as unknown as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: true, inlineRefs: false });
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => {
    return [name, OPEN.has(name) ? schema : closed(schema)] as const;
  });
  ajv.addSchema({ $id: 'document', components: { schemas: Object.fromEntries(schemas) } });
  return (method, path, { status, headers, json }) => {
    const operation = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
    const media = String(headers['content-type']).split(';')[0] ?? '';
    const schema = operation?.responses[String(status)]?.content[media]?.schema;
    if (schema === undefined) return `${method} ${path}: nothing is said of ${status} ${media}`;
    if (Object.keys(schema).length === 0) return `${method} ${path}: anything would do`;
    if (!media.includes('json')) return undefined;
    const validate = ajv.compile(based(closed(schema)));
    if (validate(json)) return undefined;
    return `${method} ${path}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(json)}`;
  };
}

/** Refers to the document from outside of it. */
function based(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as Schema;
}

function closed(schema: Schema): Schema {
  const inner = Object.entries(schema).map(([key, value]) => [key, closedValue(value)]);
  const isOpen = schema['properties'] === undefined || 'additionalProperties' in schema;
  const isObject = schema['type'] === 'object';
  const own = isObject && !isOpen ? { additionalProperties: false } : {};
  return { ...(Object.fromEntries(inner) as Schema), ...own };
}

function closedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedValue);
  return typeof value === 'object' && value !== null ? closed(value as Schema) : value;
}
