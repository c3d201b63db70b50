import { describe, expect, test } from 'vitest';
import type { Signalbox } from '../../src/signalbox.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { type Api, json, openApi } from './api.ts';
import { openStream } from './event-stream.ts';
import { until } from './until.ts';

async function emit(box: Signalbox, type: string, data: unknown = null): Promise<number> {
  const result = await box.emit({ type, source: 'test', data: JSON.stringify(data) });
  if (result.kind !== 'accepted') throw new Error(`not accepted: ${result.kind}`);
  return result.seq;
}

describe('the stream', () => {
  test('gives what is in the log and then what is added, each with its seq as id', async () => {
    const api = await openApi();
    const first = await emit(api.box, 'a', { n: 1 });
    const stream = await openStream(api, `?after=${first - 1}`);
    expect(await stream.next()).toBe('retry: 1000');
    expect(await stream.nextEvent()).toMatchObject({
      id: first,
      event: { type: 'a', data: { n: 1 }, seq: first },
    });
    const second = await emit(api.box, 'b');
    expect(await stream.nextEvent()).toMatchObject({ id: second, event: { type: 'b' } });
  });

  test('gives each payload in one line and with all its digits', async () => {
    const api = await openApi();
    const data = '{\r\n  "n": 12345678901234567890,\n  "text": "a\\nb"\n}';
    const result = await api.box.emit({ type: 'a', source: 'test', data });
    expect(result.kind).toBe('accepted');
    const stream = await openStream(api, `?after=${api.box.store.head() - 1}`);
    await stream.next();
    const block = await stream.next();
    expect(block).toContain('"data":{   "n": 12345678901234567890,   "text": "a\\nb" }}');
    expect(block?.split('\n')).toHaveLength(2);
  });

  test('is cut when the token that it was opened with is taken back', async () => {
    const api = await openApi();
    const { json: made } = await api.ask('/api/v1/tokens', json({ name: 'tv', role: 'viewer' }));
    const headers = { authorization: `Bearer ${String(made['token'])}` };
    const [cut, kept] = [await openStream(api, '', headers), await openStream(api)];
    expect([await cut.next(), await kept.next()]).toEqual(['retry: 1000', 'retry: 1000']);
    await api.ask('/api/v1/tokens/tv/revoke', { method: 'POST' });
    await cut.closed;
    await emit(api.box, 'after');
    const heard = [await kept.nextEvent(), await kept.nextEvent()];
    expect(heard.map(({ event }) => event['type'])).toEqual(['token.revoked', 'after']);
    expect((await openStream(api, '', headers)).status).toBe(401);
  });

  test('begins with what comes next where nothing is said', async () => {
    const api = await openApi();
    await emit(api.box, 'before');
    const stream = await openStream(api);
    expect(await stream.next()).toBe('retry: 1000');
    const seq = await emit(api.box, 'behind');
    expect((await stream.nextEvent()).id).toBe(seq);
  });

  test('goes on behind Last-Event-ID, whatever the address says', async () => {
    const api = await openApi();
    const [, second, third] = [
      await emit(api.box, 'a'),
      await emit(api.box, 'b'),
      await emit(api.box, 'c'),
    ];
    const stream = await openStream(api, '?after=0', { 'last-event-id': String(second) });
    expect((await stream.nextEvent()).id).toBe(third);
  });

  test('skips nothing and repeats nothing while many write', async () => {
    const api = await openApi();
    const from = api.box.store.head();
    const stream = await openStream(api, `?after=${from}`);
    const writing = Array.from({ length: 500 }, (_, i) => emit(api.box, 'a', i));
    const seen: number[] = [];
    while (seen.length < 500) seen.push((await stream.nextEvent()).id);
    await Promise.all(writing);
    expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => from + 1 + i));
  });

  test('resumes without a gap however often the reader leaves', async () => {
    const api = await openApi();
    const from = api.box.store.head();
    const writing = Array.from({ length: 300 }, (_, i) => emit(api.box, 'a', i));
    const seen: number[] = [];
    while (seen.length < 300) {
      const stream = await openStream(api, '', { 'last-event-id': String(seen.at(-1) ?? from) });
      for (let i = 0; i < 40 && seen.length < 300; i++) seen.push((await stream.nextEvent()).id);
      stream.leave();
    }
    await Promise.all(writing);
    expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => from + 1 + i));
  });

  test('may be narrowed to types', async () => {
    const api = await openApi();
    const stream = await openStream(api, '?after=0&type=git.*');
    await emit(api.box, 'other');
    const seq = await emit(api.box, 'git.pushed');
    expect((await stream.nextEvent()).id).toBe(seq);
    await emit(api.box, 'other');
    const last = await emit(api.box, 'git.tagged');
    expect((await stream.nextEvent()).id).toBe(last);
  });

  test('says that it lives while nothing happens', async () => {
    const clock = new SimulatedClock();
    const api = await openApi({ clock });
    const stream = await openStream(api);
    expect(await stream.next()).toBe('retry: 1000');
    await until(() => clock.untilNext());
    clock.advance(15_000);
    expect(await stream.next()).toBe(': alive');
  });

  test('ends when the server stops', async () => {
    const api = await openApi();
    const stream = await openStream(api);
    expect(await stream.next()).toBe('retry: 1000');
    await api.server.stop();
    expect(await stream.next()).toBeNull();
    await stream.closed;
  });

  test('lets go of a reader that takes nothing', async () => {
    const api = await openApi({ limits: { stallMs: 100, heartbeatMs: 20, streams: 1 } });
    await openStream(api);
    const text = 'x'.repeat(500_000);
    await Promise.all(Array.from({ length: 20 }, () => emit(api.box, 'a', text)));
    expect(await placeFree(api)).toBe(200);
  });

  test('waits for a slow reader, who misses nothing', async () => {
    const api = await openApi();
    const from = api.box.store.head();
    const slow = await openStream(api, `?after=${from}`);
    const text = 'x'.repeat(500_000);
    await Promise.all(Array.from({ length: 40 }, () => emit(api.box, 'a', text)));
    const seen: number[] = [];
    while (seen.length < 40) seen.push((await slow.nextEvent()).id);
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => from + 1 + i));
  });

  test('has room for so many readers, and room again when one leaves', async () => {
    const api = await openApi({ limits: { streams: 2 } });
    const first = await openStream(api);
    await openStream(api);
    const refused = await api.ask('/api/v1/stream');
    expect(refused.json).toMatchObject({ status: 503, code: 'server.too_many_streams' });
    expect(refused.headers['retry-after']).toBe('5');
    first.leave();
    expect(await placeFree(api)).toBe(200);
  });

  test.each([
    ['?after=x', {}],
    ['?since=1', {}],
    ['', { 'last-event-id': 'x' }],
  ])('is refused for %s %o', async (query, headers) => {
    const { ask } = await openApi();
    const answer = await ask(`/api/v1/stream${query}`, { headers });
    expect(answer.json).toMatchObject({ status: 400, code: 'request.bad_query' });
  });
});

/** Asks for a stream until there is room for it. */
async function placeFree(api: Api): Promise<number> {
  for (;;) {
    const { status } = await openStream(api);
    if (status !== 503) return status;
  }
}
