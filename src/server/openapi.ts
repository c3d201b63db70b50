import { z } from 'zod';
import { PROBLEM_TYPE } from '../std/http/http-error.ts';
import type { Route } from './route.ts';

/** The description of these routes in OpenAPI 3.1. */
export function openApi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Signalbox', version: '1' },
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function operationOf(route: Route): object {
  const { path, summary, needs, query, endless, media = 'application/json' } = route;
  const { status = 200, pendingStatus } = route;
  const content = { [endless === true ? 'text/event-stream' : media]: {} };
  return {
    summary,
    security: needs === 'token' ? [{ token: [] }] : [],
    parameters: [...pathParameters(path), ...queryParameters(query)],
    responses: {
      [status]: { description: 'Done.', content },
      ...(pendingStatus && { [pendingStatus]: { description: 'It will be done.', content } }),
      default: { description: 'A problem of RFC 9457.', content: { [PROBLEM_TYPE]: {} } },
    },
  };
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
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema }));
}
