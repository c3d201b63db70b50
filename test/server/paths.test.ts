import { Agent, request } from 'node:http';
import { expect, test } from 'vitest';
import { type Random, seededRandom } from '../../src/std/random.ts';
import { type Api, openApi, TOKEN } from './api.ts';

const COUNT = 2_000;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'];
const OPEN = new Set(['/healthz', '/readyz', '/login']);

type Mutation = (path: string, random: Random) => string;

const MUTATIONS: readonly Mutation[] = [
  (path, random) => replaceOne(path, /\//g, '//', random),
  (path, random) => replaceOne(path, /\//g, '/./', random),
  (path, random) => replaceOne(path, /\//g, '/x/../', random),
  (path, random) => replaceOne(path, /\//g, '/x/%2e%2e/', random),
  (path, random) => replaceOne(path, /\//g, '/..;/', random),
  (path, random) => replaceOne(path, /\//g, '%2f', random),
  (path, random) => replaceOne(path, /\//g, '%252F', random),
  (path, random) => replaceOne(path, /\//g, '\\', random),
  (path, random) => replaceOne(path, /\//g, '/;v=1/', random),
  (path, random) => replaceOne(path, /[a-z]/g, (letter) => letter.toUpperCase(), random),
  (path, random) => replaceOne(path, /[a-z]/g, percent, random),
  (path) => `/healthz/..${path}`,
  (path) => `/healthz/%2e%2e${path}`,
  (path) => `/healthz;x=${path}`,
  (path) => `/healthz%00${path}`,
  (path) => `/healthz%23${path}`,
  (path) => `/healthz#${path}`,
  (path) => `/readyz%3f${path}`,
  (path) => `/healthz?next=${path}`,
  (path) => `/api${path}`,
  (path) => `http://127.0.0.1/healthz/..${path}`,
  (path) => `/\\127.0.0.1${path}`,
  (path) => `${path}/`,
  (path) => `${path}.json`,
  (path) => `${path};jsessionid=1`,
  (path) => `${path}?`,
  (path) => `${path}#/healthz`,
  (path) => `${path}?/healthz`,
  (path) => `${path}%20`,
  (path) => `${path}/../healthz`,
];

const OVERRIDES: readonly Record<string, string>[] = [
  {},
  { 'x-http-method-override': 'GET' },
  { 'x-original-url': '/healthz' },
  { 'x-rewrite-url': '/healthz' },
  { 'x-forwarded-host': 'localhost', 'x-forwarded-for': '127.0.0.1' },
  { 'x-forwarded-prefix': '/healthz', forwarded: 'for=127.0.0.1' },
];

test(`${COUNT} spellings of a path reach nothing without the token`, async () => {
  const api = await openApi();
  const before = api.box.store.head();
  for (const attempt of spellings(api)) {
    const status = await statusOf(api, attempt, {});
    const open = OPEN.has(attempt.path.replace(/\?.*$/, ''));
    const allowed = open ? [200, 400, 404, 405] : [400, 401];
    expect({ ...attempt, allowed: allowed.includes(status) }).toEqual({
      ...attempt,
      allowed: true,
    });
  }
  expect(api.box.store.head()).toBe(before);
});

test(`${COUNT} spellings of a path get what the path gets with the token, or nothing`, async () => {
  const api = await openApi();
  const before = api.box.store.head();
  for (const attempt of spellings(api)) {
    if (attempt.path.includes('stream')) continue;
    const status = await statusOf(api, attempt, { authorization: `Bearer ${TOKEN}` });
    const allowed = [200, 400, 404, 405, 409, 415].includes(status);
    expect({ ...attempt, status, allowed }).toEqual({ ...attempt, status, allowed: true });
  }
  // Whoever may pause everything needs no body to say so; nothing else does anything without one.
  const done = await api.box.store.read({ after: before, limit: 100 });
  const deeds = new Set(done.map(({ type }) => type));
  for (const deed of ['flow.paused', 'flow.resumed']) deeds.delete(deed);
  expect([...deeds]).toEqual([]);
});

interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
}

function* spellings({ server }: Api): Generator<Attempt> {
  const random = seededRandom(4);
  const paths = server.routes
    .filter(({ needs }) => needs !== 'nothing')
    .map(({ path }) => path.replace(':id', '1'));
  for (let i = 0; i < COUNT; i++) {
    let path = pick(paths, random);
    for (let rounds = 1 + Math.floor(random() * 3); rounds > 0; rounds--) {
      path = pick(MUTATIONS, random)(path, random);
    }
    yield { method: pick(METHODS, random), path, headers: pick(OVERRIDES, random) };
  }
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)] as T;
}

function replaceOne(
  path: string,
  pattern: RegExp,
  by: string | ((found: string) => string),
  random: Random,
): string {
  const found = [...path.matchAll(pattern)];
  if (found.length === 0) return path;
  const { index, 0: text } = pick(found, random);
  const replacement = typeof by === 'string' ? by : by(text);
  return path.slice(0, index) + replacement + path.slice(index + text.length);
}

function percent(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16)}`;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function statusOf(
  { server }: Api,
  { method, path, headers }: Attempt,
  more: Record<string, string>,
): Promise<number> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const all = { ...headers, ...more };
    const sent = request({ hostname, port, path, method, headers: all, agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', (cause) => reject(new Error(`${method} ${path}`, { cause })));
    sent.end();
  });
}
