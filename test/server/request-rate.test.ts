import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { RequestRate } from '../../src/server/request-rate.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { openApi, TOKEN } from './api.ts';

function requestOf(authorization: string | undefined, remoteAddress: string): IncomingMessage {
  return { headers: { authorization }, socket: { remoteAddress } } as IncomingMessage;
}

describe('a client that asks too often', () => {
  test('is told when to come again, and others are not held back', () => {
    const clock = new SimulatedClock();
    const rate = new RequestRate(clock, { limit: 3, perMs: 6_000 });
    const ann = requestOf('Bearer ann', '10.0.0.1');
    for (let i = 0; i < 3; i++) expect(rate.refusal(ann)).toBeUndefined();
    const refused = rate.refusal(requestOf('bearer  ann', '10.0.0.2'));
    expect(refused).toMatchObject({ status: 429, code: 'request.throttled' });
    expect(refused?.headers).toEqual({ 'retry-after': '2' });
    expect(rate.refusal(requestOf('Bearer bob', '10.0.0.1'))).toBeUndefined();
    expect(rate.refusal(requestOf(undefined, '10.0.0.1'))).toBeUndefined();
    clock.advance(2_000);
    expect(rate.refusal(ann)).toBeUndefined();
    expect(rate.refusal(ann)).toBeDefined();
  });

  test('is forgotten where there are too many, which lets it ask more often', () => {
    const rate = new RequestRate(new SimulatedClock(), { limit: 1, perMs: 60_000 });
    const first = requestOf(undefined, 'first');
    expect(rate.refusal(first)).toBeUndefined();
    expect(rate.refusal(first)).toBeDefined();
    for (let i = 0; i < 5_000; i++) rate.refusal(requestOf(undefined, `address ${i}`));
    expect(rate.refusal(first)).toBeUndefined();
  });

  test('has its answer from the server, and wrong tokens cost the right one nothing', async () => {
    const { ask, askBare } = await openApi({
      settings: { request_limit: { limit: 2, per: '1h' } },
    });
    const headers = { authorization: `Bearer ${TOKEN}x` };
    for (let i = 0; i < 5; i++) {
      expect((await askBare('/api/v1/stats', { headers })).status).toBe(401);
    }
    expect((await ask('/api/v1/stats')).status).toBe(200);
    expect((await ask('/api/v1/stats')).status).toBe(200);
    const { status, json, headers: told } = await ask('/api/v1/stats');
    expect({ status, code: json['code'] }).toEqual({ status: 429, code: 'request.throttled' });
    expect(Number(told['retry-after'])).toBeGreaterThan(0);
    expect((await askBare('/healthz')).status).toBe(200);
  });
});
