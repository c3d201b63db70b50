import { afterEach, describe, expect, test } from 'vitest';
import type { StepResult } from '../../src/runs/step-kind.ts';
import type { Json } from '../../src/std/json.ts';
import { HttpClient } from '../../src/steps/http-client.ts';
import { redirectOf } from '../../src/steps/http-redirect.ts';
import { httpStep } from '../../src/steps/http.ts';
import { type Answer, startTarget, type Target } from '../fixtures/http-target.ts';
import { contextOf } from '../fixtures/step-context.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

describe('a redirect', () => {
  test('is followed with everything where it stays with its host', async () => {
    const target = await targetOf(answerBy({ '/a': [307, '/b'], '/b': [200, ''] }));
    const headers = { authorization: 'Bearer a' };
    const result = await call({ method: 'PUT', url: `${target.url}/a`, body: 'text', headers });
    expect(result).toMatchObject({ kind: 'done', output: { status: 200 } });
    expect(target.received).toMatchObject([
      { method: 'PUT', path: '/a', body: 'text', headers },
      { method: 'PUT', path: '/b', body: 'text', headers },
    ]);
  });

  test('to another host takes nothing along that says who asks', async () => {
    const other = await targetOf(answerBy({ '/b': [200, ''] }));
    const target = await targetOf(answerBy({ '/a': [308, `${other.url}/b`] }));
    const headers = { authorization: 'a', cookie: 'a=b', 'private-token': 'c', accept: 'text/csv' };
    await call({ method: 'POST', url: `${target.url}/a`, json: [1], headers });
    const [received] = other.received;
    expect(received).toMatchObject({ method: 'POST', body: '[1]' });
    expect(Object.keys(received?.headers ?? {}).toSorted()).toEqual([
      'accept',
      'connection',
      'content-length',
      'content-type',
      'host',
      'idempotency-key',
      'user-agent',
      'x-signalbox-attempt',
      'x-signalbox-epoch',
      'x-signalbox-flow',
      'x-signalbox-idempotency-key',
      'x-signalbox-run-id',
      'x-signalbox-step',
    ]);
  });

  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [301, 'PUT', 'PUT'],
    [302, 'DELETE', 'DELETE'],
    [307, 'POST', 'POST'],
    [308, 'PATCH', 'PATCH'],
  ])('of status %i makes a %s into a %s', async (status, method, then) => {
    const target = await targetOf(answerBy({ '/a': [status, '/b'], '/b': [200, ''] }));
    await call({ method, url: `${target.url}/a` });
    expect(target.received.map((request) => request.method)).toEqual([method, then]);
  });

  test('that follows an action leaves no doubt that it may have happened', async () => {
    const routes = {
      '/done': [303, '/look'],
      '/moved': [307, '/look'],
      '/look': [404, ''],
    } as const;
    const target = await targetOf(answerBy(routes));
    const done = await call({ method: 'POST', url: `${target.url}/done` });
    expect(done).toMatchObject({ kind: 'fail', error: { happened: 'maybe' } });
    const moved = await call({ method: 'POST', url: `${target.url}/moved` });
    expect(moved).toMatchObject({ kind: 'fail', error: { happened: 'no' } });
  });

  test('is followed five times and no more', async () => {
    const target = await targetOf((response, { path = '' }) => {
      const left = Number(path.slice(1));
      response.writeHead(left > 0 ? 302 : 200, { location: `/${left - 1}` }).end();
    });
    expect(await call({ method: 'GET', url: `${target.url}/5` })).toMatchObject({ kind: 'done' });
    const result = await call({ method: 'GET', url: `${target.url}/6` });
    expect(result).toMatchObject({ kind: 'fail', error: { code: 'http.redirect' } });
    expect(target.received).toHaveLength(12);
  });

  test.each([
    ['http://169.254.169.254/latest', 'http.forbidden_address'],
    ['http://127.0.0.1:1/', 'http.forbidden_address'],
    ['http://[::1]:8765/', 'http.forbidden_address'],
    ['file:///etc/passwd', 'http.redirect'],
    ['gopher://127.0.0.1/', 'http.redirect'],
    ['http://a:b@127.0.0.1/', 'http.redirect'],
    ['http://[', 'http.redirect'],
  ])('to %s is not followed', async (location, code) => {
    const target = await targetOf(answerBy({ '/a': [302, location] }));
    const result = await call({ method: 'GET', url: `${target.url}/a` }, [target]);
    expect(result).toMatchObject({ kind: 'fail', error: { code, happened: 'no' } });
  });

  test('without a place to go is a failure', async () => {
    const target = await targetOf((response) => response.writeHead(302).end());
    const result = await call({ method: 'GET', url: target.url });
    expect(result).toMatchObject({ kind: 'fail', error: { code: 'http.status' } });
    expect(result).toHaveProperty('error.message', expect.stringContaining('without a place'));
  });

  test('away from TLS is not followed', () => {
    const hop = { method: 'GET', url: new URL('https://a.example'), headers: {}, body: undefined };
    const redirect = redirectOf(hop, 302, 'http://a.example');
    expect(redirect).toEqual({ kind: 'refused', reason: 'without TLS' });
    expect(redirectOf(hop, 302, '//b.example/c')).toMatchObject({ kind: 'hop' });
  });
});

type Routes = Readonly<Record<string, readonly [number, string]>>;

/** Answers each path with its status, and a location where one is named. */
function answerBy(routes: Routes): Answer {
  return (response, { path = '' }) => {
    const [status, location] = routes[path] ?? [500, ''];
    response.writeHead(status, location === '' ? {} : { location }).end();
  };
}

async function targetOf(answer: Answer): Promise<Target> {
  const target = await startTarget(answer);
  ends.push(target.stop);
  return target;
}

/** Calls with the right to call these targets: by default, all of this machine. */
function call(http: Json, allowed: readonly Target[] = []): Promise<StepResult> {
  const ports = allowed.map(({ port }) => `127.0.0.1:${port}`);
  const client = new HttpClient({ allow: ports.length === 0 ? ['127.0.0.1'] : ports });
  ends.push(() => client.stop());
  return httpStep(client).execute(contextOf({ http }));
}
