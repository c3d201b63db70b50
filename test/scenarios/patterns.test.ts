import { expect, test } from 'vitest';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { until } from '../server/until.ts';

const FLOWS = `
flows:
  join:
    on: { all: [left, right], within: 1h, by: event.data.n }
    steps: [{ id: tell, emit: joined, data: "{events}" }]
  silence:
    on: { absent: pong, after: ping, within: 3s, by: event.data.n }
    steps: [{ id: tell, emit: unanswered, data: "{payload}" }]
`;

async function told(client: ApiClient, type: string): Promise<readonly { data: unknown }[]> {
  const { items } = (await client.get(`/events?type=${type}`)) as {
    readonly items: readonly { data: unknown }[];
  };
  return items;
}

test('patterns go on after kill -9: each match once, no absence over our downtime', async () => {
  const folder = makeFolder({ 'signalbox.yaml': FLOWS });
  for (let n = 1; n <= 3; n++) {
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    // The other half of what came before the last kill, and the next first half.
    if (n > 1) await client.emit({ type: 'pong', data: { n: n - 1 } });
    if (n > 1) await client.emit({ type: 'right', data: { n: n - 1 } });
    await client.emit({ type: 'left', data: { n } });
    await client.emit({ type: 'ping', data: { n } });
    await daemon.end('SIGKILL');
  }
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  const unanswered = await until(async () => {
    const all = await told(client, 'unanswered');
    return all.length > 0 ? all : undefined;
  });
  expect(unanswered.map(({ data }) => data)).toEqual([{ n: 3 }]);
  await client.quiet();
  const joined = (await told(client, 'joined')) as { data: { data: { n: number } }[] }[];
  const found = joined.map(({ data }) => data.map((event) => event.data.n).join());
  expect(found.toSorted((a, b) => Number(a > b))).toEqual(['1,1', '2,2']);
  expect(await client.get('/verify')).toMatchObject({ ok: true, sum: { waiting: 1 } });
  expect(await client.get('/rebuild-check')).toMatchObject({ ok: true });
  expect(await daemon.end()).toBe(0);
});
