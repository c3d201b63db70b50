import { z } from 'zod';
import { rolesWith } from '../identity/roles.ts';
import { PROBLEM_TYPE } from '../std/http/http-error.ts';
import { REQUEST_ID_FORM } from '../std/http/request-ids.ts';
import type { Route } from './route.ts';

/** Statuses that any route may answer with, and what they say. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read, or says what it may not.',
  401: 'The token is missing or wrong.',
  403: 'Whoever asks may not do this.',
  404: 'There is no such thing.',
  409: 'It stands otherwise than the request takes it to.',
  413: 'The body is too large.',
  415: 'Nobody here reads a body of this type.',
  421: 'This is not the host that was asked.',
  429: 'Too many requests; `Retry-After` says when to come again.',
  503: 'Not at present; `Retry-After` says when to come again.',
};
const PROBLEM = { $ref: '#/components/schemas/Problem' };
const ANY_OBJECT = { type: 'object' };
const REQUEST_ID = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
const RETRY_AFTER = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } };
const HEADERS = {
  RequestId: {
    description: 'Names the request, here, in a problem, in the log and in what it recorded.',
    schema: { type: 'string', pattern: REQUEST_ID_FORM.source },
  },
  RetryAfter: { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } },
};

/** The schemas of what routes answer, as `scripts/answer-schemas.mjs` makes them. */
export interface AnswerSchemas {
  /** By the method and the path of the route. */
  readonly answers: Readonly<Record<string, object>>;
  /** Those that others refer to. */
  readonly schemas: Readonly<Record<string, object>>;
}

/** The description of these routes in OpenAPI 3.1. */
export function openApi(
  routes: readonly Route[],
  version: string,
  { answers, schemas }: AnswerSchemas,
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, answers) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Signalbox',
      version,
      description: 'Lists are {items, next}; next is null where there is no more.',
    },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      headers: HEADERS,
      schemas: { Problem: PROBLEM_SCHEMA, ...schemas },
    },
  };
}

/** A problem of RFC 9457, as every error is answered. */
const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['title', 'status', 'code', 'detail', 'request_id'],
  properties: {
    title: { type: 'string' },
    status: { type: 'integer' },
    code: {
      type: 'string',
      pattern: String.raw`^[a-z_]+\.[a-z_]+$`,
      description: 'Stable, such as run.unknown: docs/reference/errors.md lists them.',
    },
    detail: { type: 'string', description: 'What happened, where, and what to do.' },
    request_id: { type: 'string', description: 'The X-Request-Id of the answer.' },
  },
};

function operationOf(route: Route, answers: AnswerSchemas['answers']): object {
  const { path, method, summary, needs, query } = route;
  return {
    operationId: operationId(method, path),
    summary,
    security: needs === 'nothing' ? [] : [{ token: [] }],
    ...(needs === 'nothing' ? {} : { 'x-roles': rolesWith(needs) }),
    parameters: [...pathParameters(path), ...queryParameters(query), ...resumes(route)],
    ...bodyOf(route),
    responses: { ...successesOf(route, answers[`${method} ${path}`]), ...refusals() },
  };
}

/** `getRunsByIdWhy` of `GET /api/v1/runs/:id/why`. */
function operationId(method: string, path: string): string {
  const words = path
    .replace('/api/v1', '')
    .replaceAll(/:(\w+)/g, 'by-$1')
    .split(/[^a-z]+/i);
  const named = words.filter((word) => word !== '').map(capitalised);
  return `${method.toLowerCase()}${named.join('')}`;
}

function capitalised(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}

function successesOf(
  { endless, media, status = 200, pendingStatus }: Route,
  answer: object = {},
): object {
  const content =
    endless === true
      ? { 'text/event-stream': { schema: messagesOf(answer) } }
      : { [media ?? 'application/json']: { schema: media === undefined ? answer : TEXT } };
  const headers = REQUEST_ID;
  return {
    [status]: { description: 'Done.', headers, content },
    ...(pendingStatus && {
      [pendingStatus]: { description: 'It will be done.', headers, content },
    }),
  };
}

const TEXT = { type: 'string' };

/** OpenAPI 3.1 has no word for a stream's messages, so their data stands under one of our own. */
function messagesOf(data: object): object {
  const description = 'Server-sent events: `id` is the seq of an event, `data` the event as JSON.';
  return { ...TEXT, description, 'x-data': data };
}

/** The header with which a reader of a stream goes on where they left. */
function resumes({ endless }: Route): object[] {
  if (endless !== true) return [];
  return [{ name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'integer' } }];
}

function refusals(): object {
  const content = { [PROBLEM_TYPE]: { schema: PROBLEM } };
  const statuses = Object.entries(REFUSALS).map(([status, description]) => {
    const late = status === '429' || status === '503';
    const headers = late ? { ...REQUEST_ID, ...RETRY_AFTER } : REQUEST_ID;
    return [status, { description, headers, content }] as const;
  });
  const other = { description: 'Any other problem of RFC 9457.', headers: REQUEST_ID, content };
  const named: Record<string, object> = Object.fromEntries(statuses);
  return { ...named, default: other };
}

function bodyOf({ body, bodyMedia }: Route): object {
  if (bodyMedia !== undefined) {
    const schema = { anyOf: [ANY_OBJECT, { type: 'array', items: ANY_OBJECT }] };
    const content = Object.fromEntries(bodyMedia.map((type) => [type, { schema }]));
    return { requestBody: { required: true, content } };
  }
  if (body === undefined) return {};
  const schema = schemaOf(body);
  const required = 'required' in schema;
  return { requestBody: { required, content: { 'application/json': { schema } } } };
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: Route['query']): object[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(query);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

/** A schema as it stands inside the document, which says itself which dialect it is. */
function schemaOf(schema: z.ZodObject): z.core.JSONSchema.JSONSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
