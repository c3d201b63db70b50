import { describe, expect, test } from 'vitest';
import type { RunView } from '../../src/views/run-view.ts';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { until } from '../server/until.ts';

/** Longer than a busy machine takes from one event to the next. */
const SETTLE = '3s';

function gatheringFolder(): string {
  return makeFolder({
    'signalbox.yaml': `
flows:
  settled:
    on: { event: file.saved, where: "event.data.kind != 'noise'" }
    debounce: { wait: ${SETTLE}, max_wait: 60s, key: event.data.folder }
    steps: [{ id: tell, emit: folder.settled, data: "{payload}" }]
  bundle:
    on: order.placed
    batch: { size: 3, wait: 60s }
    steps: [{ id: tell, emit: orders.bundled, data: { count: "{payload.count}" } }]
`,
  });
}

interface Told {
  readonly type: string;
  readonly data: {
    readonly count: number;
    readonly key?: string;
    readonly events?: readonly unknown[];
  };
}

async function told(client: ApiClient, type: string): Promise<readonly Told[]> {
  const { items } = (await client.get(`/events?type=${type}`)) as {
    readonly items: readonly Told[];
  };
  return items;
}

describe('events that a flow takes together', () => {
  test('start one run a key when none has come for the time that is written', async () => {
    const daemon = await startDaemon(gatheringFolder());
    const client = new ApiClient(daemon.ready);
    for (const [folder, n] of [
      ['a', 1],
      ['a', 2],
      ['b', 3],
      ['a', 4],
    ] as const) {
      await client.emit({ type: 'file.saved', data: { folder, kind: 'text', n } });
    }
    await client.emit({ type: 'file.saved', data: { folder: 'a', kind: 'noise' } });
    expect(await client.get('/stats')).toMatchObject({ dispositions: { started: 0 } });
    const found = await until(async () => {
      const all = await told(client, 'folder.settled');
      return all.length === 2 ? all : undefined;
    });
    const counts = found.map(({ data }) => [data.key, data.count] as const);
    expect(Object.fromEntries(counts)).toEqual({ a: 3, b: 1 });
    const a = found.find(({ data }) => data.key === 'a');
    expect(a?.data.events).toMatchObject([
      { data: { n: 1 } },
      { data: { n: 2 } },
      { data: { n: 4 } },
    ]);
    expect(await client.get('/verify')).toMatchObject({
      ok: true,
      sum: { coalesced: 4, filtered: 1, started: 2, dead_lettered: 0 },
    });
    expect(await client.get('/rebuild-check')).toMatchObject({ ok: true });
    expect(await daemon.end()).toBe(0);
  });

  test('are in the window again after the daemon was killed, each once', async () => {
    const folder = gatheringFolder();
    const first = await startDaemon(folder);
    const client = new ApiClient(first.ready);
    for (let n = 0; n < 7; n++) await client.emit({ type: 'order.placed', data: { n } });
    await client.emit({ type: 'file.saved', data: { folder: 'a', kind: 'text', n: 0 } });
    await first.end('SIGKILL');

    const second = await startDaemon(folder);
    const again = new ApiClient(second.ready);
    await until(async () =>
      (await told(again, 'orders.bundled')).length === 2 ? true : undefined,
    );
    await until(async () =>
      (await told(again, 'folder.settled')).length === 1 ? true : undefined,
    );
    expect(await again.get('/verify')).toMatchObject({
      ok: true,
      sum: { coalesced: 8, started: 3 },
    });
    await again.emit({ type: 'order.placed' });
    await again.emit({ type: 'order.placed' });
    await until(async () =>
      (await told(again, 'orders.bundled')).length === 3 ? true : undefined,
    );
    await again.quiet();
    const bundles = await told(again, 'orders.bundled');
    expect(bundles.map(({ data }) => data.count)).toEqual([3, 3, 3]);
    const runs = (await again.runs()) as readonly RunView[];
    expect(runs.every(({ state }) => state === 'succeeded')).toBe(true);
    expect(await again.get('/verify')).toMatchObject({ ok: true, sum: { coalesced: 10 } });
    expect(await second.end()).toBe(0);
  });
});
