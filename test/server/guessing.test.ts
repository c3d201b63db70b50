import { expect, test } from 'vitest';
import { openApi, TOKEN } from './api.ts';
import { guess } from './guessing.ts';
import { until } from './until.ts';

test('of 300 guesses ten are answered, and a bounded few stand in the log', async () => {
  const api = await openApi();
  const { statuses, recorded } = await guess(api, 300);
  expect(Object.fromEntries(statuses)).toEqual({ 401: 10, 429: 290 });
  expect(recorded).toBeLessThanOrEqual(10);
  expect((await api.ask('/api/v1/status')).status).toBe(200);
  await api.server.stop();
  const { store } = api.box;
  const told = await until(async () => {
    const records = await store.read({ after: 0, limit: 100, type: 'auth.failed' });
    return records.length > 10 ? records : undefined;
  });
  expect(told.map(({ data }) => JSON.parse(data) as object).at(-1)).toMatchObject({
    reason: 'more',
    count: 290,
  });
  expect(JSON.stringify(told)).not.toMatch(/sb[tsl]_/);
});

test('behind a proxy each client is counted by the address that the proxy tells', async () => {
  const api = await openApi({ behindProxy: true, limits: { wrongTokens: 1 } });
  const ask = async (forwarded: string, token = `${TOKEN}x`): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': forwarded };
    return (await api.askBare('/api/v1/status', { headers })).status;
  };
  expect([await ask('10.0.0.1'), await ask('1.2.3.4, 10.0.0.1'), await ask('10.0.0.2')]).toEqual([
    401, 429, 401,
  ]);
  expect(await ask('10.0.0.1', TOKEN)).toBe(200);
});

test('without a proxy nobody is believed about where they come from', async () => {
  const api = await openApi({ limits: { wrongTokens: 1 } });
  const ask = async (forwarded: string): Promise<number> => {
    const headers = { authorization: 'Bearer x', 'x-forwarded-for': forwarded };
    return (await api.askBare('/api/v1/status', { headers })).status;
  };
  expect([await ask('10.0.0.1'), await ask('10.0.0.2')]).toEqual([401, 429]);
});
