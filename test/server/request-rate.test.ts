import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { letIn } from '../../src/server/caller.ts';
import { RequestRate } from '../../src/server/request-rate.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { openApi, TOKEN } from './api.ts';

function requestOf(remoteAddress: string, headers: object = {}): IncomingMessage {
  return { headers, socket: { remoteAddress } } as IncomingMessage;
}

/** A request of somebody who was let in, by a token or by a session that it opened. */
function requestBy(
  name: string,
  address: string,
  kind: 'token' | 'session' = 'token',
): IncomingMessage {
  const request = requestOf(address);
  const principal = { name, role: 'viewer', token: `tk-${name}` } as const;
  letIn(request, { principal, credential: { kind, digest: `${kind} of ${name}` } });
  return request;
}

describe('a client that asks too often', () => {
  test('is told when to come again, and others are not held back', () => {
    const clock = new SimulatedClock();
    const rate = new RequestRate({ clock, behindProxy: false, limit: 3, perMs: 6_000 });
    const ann = requestBy('ann', '10.0.0.1');
    for (let i = 0; i < 3; i++) expect(rate.refusal(ann)).toBeUndefined();
    const refused = rate.refusal(requestBy('ann', '10.0.0.2', 'session'));
    expect(refused).toMatchObject({ status: 429, code: 'request.throttled' });
    expect(refused?.headers).toEqual({ 'retry-after': '2' });
    expect(rate.refusal(requestBy('bob', '10.0.0.1'))).toBeUndefined();
    expect(rate.refusal(requestOf('10.0.0.1'))).toBeUndefined();
    clock.advance(2_000);
    expect(rate.refusal(ann)).toBeUndefined();
    expect(rate.refusal(ann)).toBeDefined();
  });

  test('is no other one for a token that nobody has looked at, as on an open path', () => {
    const clock = new SimulatedClock();
    const rate = new RequestRate({ clock, behindProxy: false, limit: 1, perMs: 60_000 });
    const made = (up: string) => requestOf('10.0.0.1', { authorization: `Bearer ${up}` });
    expect(rate.refusal(made('one'))).toBeUndefined();
    expect(rate.refusal(made('two'))).toBeDefined();
  });

  test('is told apart behind a proxy by what that says of it', () => {
    const clock = new SimulatedClock();
    const rate = new RequestRate({ clock, behindProxy: true, limit: 1, perMs: 60_000 });
    const from = (address: string) =>
      requestOf('127.0.0.1', { 'x-forwarded-for': `10.9.9.9, ${address}` });
    expect(rate.refusal(from('10.0.0.1'))).toBeUndefined();
    expect(rate.refusal(from('10.0.0.2'))).toBeUndefined();
    expect(rate.refusal(from('10.0.0.1'))).toBeDefined();
  });

  test('is forgotten where there are too many, which lets it ask more often', () => {
    const clock = new SimulatedClock();
    const rate = new RequestRate({ clock, behindProxy: false, limit: 1, perMs: 60_000 });
    const first = requestOf('first');
    expect(rate.refusal(first)).toBeUndefined();
    expect(rate.refusal(first)).toBeDefined();
    for (let i = 0; i < 5_000; i++) rate.refusal(requestOf(`address ${i}`));
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
