import { describe, expect, test } from 'vitest';
import { openApi } from './api.ts';
import { openStream } from './event-stream.ts';
import { openSocket, type RawSocket } from './raw-socket.ts';
import { until } from './until.ts';

describe('connections', () => {
  test('F41: that send no request keep nobody out, however many there are', async () => {
    const api = await openApi({ limits: { connections: 20 } });
    const sockets: RawSocket[] = [];
    const statuses: number[] = [];
    for (let i = 0; i < 200; i++) {
      const socket = await openSocket(api);
      await socket.send(i % 2 === 0 ? 'GET /healthz HTTP/1.1\r\nHost: lo' : '');
      sockets.push(socket);
      if (i % 20 === 0) statuses.push((await api.ask('/api/v1/health')).status);
    }
    expect(statuses).toEqual(Array(10).fill(200));
    await until(() => {
      const open = sockets.filter((socket) => socket.isOpen()).length;
      return open <= 20 ? open : undefined;
    });
  });

  test('that wait behind an answer make room too', async () => {
    const api = await openApi({ limits: { connections: 3 } });
    for (let i = 0; i < 9; i++) {
      const socket = await openSocket(api);
      await socket.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
      expect((await api.ask('/api/v1/health')).status).toBe(200);
    }
  });

  test('with a request under way keep their place, and one too many is let go', async () => {
    const api = await openApi({ limits: { connections: 3 } });
    const streams = [await openStream(api), await openStream(api), await openStream(api)];
    const refused = await openSocket(api);
    expect(await refused.received).toBe('');
    streams[0]?.leave();
    await streams[0]?.closed;
    const status = await until(async () => {
      const answer = await api.ask('/healthz').catch(() => undefined);
      return answer?.status;
    });
    expect(status).toBe(200);
    await api.box.emit({ type: 'a', source: 'tests', data: '1' });
    for (const stream of streams.slice(1)) {
      expect((await stream.nextEvent()).event).toMatchObject({ type: 'a' });
    }
  });
});
