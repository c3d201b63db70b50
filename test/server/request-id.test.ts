import { describe, expect, test } from 'vitest';
import { shareApi } from './api.ts';
import { openSocket } from './raw-socket.ts';

describe('the id of a request', () => {
  const shared = shareApi();

  test('stands in every answer, and is another one each time', async () => {
    const { ask, askBare } = shared();
    const answers = await Promise.all([
      ask('/api/v1/stats'),
      ask('/api/v1/openapi.json'),
      ask('/nowhere'),
      ask('/api/v1/stats', { method: 'DELETE' }),
      ask('/api/v1/stats', { method: 'HEAD' }),
      askBare('/healthz'),
      askBare('/api/v1/stats'),
      askBare('/', { headers: { accept: 'text/html' } }),
      askBare('/healthz', { headers: { host: 'evil.example' } }),
    ]);
    const ids = answers.map(({ headers }) => String(headers['x-request-id']));
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{10}-[0-9a-z]+$/);
    expect(new Set(ids).size).toBe(answers.length);
  });

  test('stands in a problem too, and on a page for people', async () => {
    const { ask, askBare } = shared();
    const problem = await ask('/nowhere');
    expect(problem.json['request_id']).toBe(problem.headers['x-request-id']);
    const page = await askBare('/', { headers: { accept: 'text/html' } });
    expect(page.text).toContain(`<p>Request ${String(page.headers['x-request-id'])}</p>`);
  });

  test('is the one that a known caller sends, where it is one', async () => {
    const { ask } = shared();
    const named = async (id: string | string[]): Promise<unknown> =>
      (await ask('/api/v1/stats', { headers: { 'x-request-id': id } })).headers['x-request-id'];
    expect(await named('deploy-7.2_a')).toBe('deploy-7.2_a');
    expect(await named('x'.repeat(64))).toBe('x'.repeat(64));
    for (const id of ['', 'x'.repeat(65), 'a b', 'é', '"', '../x', ['a', 'b']]) {
      expect(await named(id)).toMatch(/^[0-9a-z]{10}-/);
    }
  });

  test('is ours where nobody knows who asks', async () => {
    const { askBare } = shared();
    const headers = { 'x-request-id': 'theirs' };
    for (const path of ['/healthz', '/api/v1/stats']) {
      expect((await askBare(path, { headers })).headers['x-request-id']).not.toBe('theirs');
    }
  });

  test('stands in the answer to what is no request at all', async () => {
    const socket = await openSocket(shared());
    await socket.send('nonsense\r\n\r\n');
    expect(await socket.received).toMatch(/x-request-id: [0-9a-z]{10}-[0-9a-z]+\r\n/);
  });
});
