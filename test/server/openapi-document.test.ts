import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { type Api, json, shareApi } from './api.ts';
import { DOCUMENT } from './openapi-shape.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly schema: object }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: object }>>;
  };
  readonly responses: Readonly<Record<string, object>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: { readonly Problem: object } };
}

async function read({ ask }: Api): Promise<Document> {
  return (await ask('/api/v1/openapi.json')).json as unknown as Document;
}

function operationsOf({ paths }: Document): readonly (readonly [string, string, Operation])[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [method, path, operation] as const),
  );
}

describe('the OpenAPI document', () => {
  const shared = shareApi();
  const ajv = new Ajv2020({ strict: false });

  test('is one of OpenAPI 3.1', async () => {
    const validate = ajv.compile(DOCUMENT);
    validate(await read(shared()));
    expect(validate.errors ?? []).toEqual([]);
  });

  test('names each operation once, and its schemas are schemas', async () => {
    const operations = operationsOf(await read(shared()));
    const ids = operations.map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, path, { parameters, requestBody }] of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(inPath));
      const bodies = Object.values(requestBody?.content ?? {});
      for (const { schema } of [...parameters, ...bodies]) ajv.compile(schema);
    }
  });

  test('says of a body what the server takes of it', async () => {
    const { ask } = shared();
    const posts = operationsOf(await read(shared())).filter(([, , { requestBody }]) => {
      return requestBody?.content['application/json'] !== undefined;
    });
    expect(posts.length).toBeGreaterThan(9);
    for (const [, path, { requestBody }] of posts) {
      const validate = ajv.compile(requestBody?.content['application/json']?.schema ?? {});
      for (const body of [{ nonsense: 1 }, { reason: 7, step: 's', output: 1, flow: 'x' }, []]) {
        const { status } = await ask(path.replace('{id}', '1'), json(body));
        const isRefused = status === 400;
        expect(`${path} ${isRefused || validate(body)}`).toBe(`${path} true`);
      }
    }
  });

  test('says of every body that is read what may stand in it', async () => {
    const { ask } = shared();
    const silent = operationsOf(await read(shared())).filter(
      ([method, , { requestBody }]) => method === 'post' && requestBody === undefined,
    );
    for (const [, path] of silent) {
      const { json: problem } = await ask(path.replace('{id}', '1'), json({ nonsense: 1 }));
      expect([path, problem['code']]).not.toEqual([path, 'request.bad_body']);
    }
  });

  test('says of an error what every one has', async () => {
    const { ask, askBare } = shared();
    const { components } = await read(shared());
    const validate = ajv.compile(components.schemas.Problem);
    const answers = await Promise.all([
      askBare('/api/v1/stats'),
      ask('/nowhere'),
      ask('/api/v1/runs/none'),
      ask('/api/v1/stats?x=1'),
      ask('/api/v1/stats', { method: 'DELETE' }),
      ask('/api/v1/runs', json({ flow: 'none' })),
      ask('/api/v1/events', { method: 'POST', body: 'x' }),
    ]);
    for (const { status, json: problem, headers } of answers) {
      expect(headers['content-type']).toContain('application/problem+json');
      expect(validate(problem)).toBe(true);
      expect(problem['status']).toBe(status);
    }
  });
});
