import { expect, test } from 'vitest';
import { slowSyncEnvironment } from '../../bench/slow-sync.mjs';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { type EffectLedger, startLedger } from './effect-ledger.ts';
import { percentile } from './latency.ts';
import { expectSoundLog } from './siege.ts';

const RUNS = 32;
const SYNC_MS = 500;

/** The environment in which each sync takes half a second longer; undefined, and said so, else. */
function slowDisk(): Readonly<Record<string, string>> | undefined {
  const environment = slowSyncEnvironment(makeFolder());
  if (environment === undefined) {
    console.log('a slow disk: not tried, since that takes Linux and a C compiler');
    return undefined;
  }
  return { ...environment, SLOW_SYNC_US: String(1_000 * SYNC_MS) };
}

function configuration({ port, url }: EffectLedger): string {
  const call = (id: string): object => {
    return { id, http: { method: 'POST', url: `${url}/${id}` } };
  };
  const once = { ...call('once'), effect: 'ask' };
  return JSON.stringify({
    max_concurrent_handlers: RUNS,
    security: { http_allow: [`127.0.0.1:${port}`] },
    flows: { work: { on: 'work.asked', steps: [call('first'), once, call('last')] } },
  });
}

/** How long each of the looks at the daemon took, in ms, one after the other until `done`. */
async function lookUntil(done: Promise<unknown>, client: ApiClient): Promise<number[]> {
  const ended = new AbortController();
  const watched = done.finally(() => ended.abort());
  const looksMs: number[] = [];
  while (!ended.signal.aborted) {
    const asked = performance.now();
    await client.get('/health');
    looksMs.push(performance.now() - asked);
  }
  await watched;
  return looksMs;
}

/** F23 of the fault matrix: who waits for the disk keeps what it holds. */
test('a disk that takes half a second for each sync costs time, and nothing else', async () => {
  const env = slowDisk();
  if (env === undefined) return;
  const ledger = await startLedger();
  const folder = makeFolder({ 'signalbox.yaml': configuration(ledger) });
  const daemon = await startDaemon(folder, [], { env });
  const client = new ApiClient(daemon.ready);
  const asked = performance.now();
  await client.emit({ type: 'work.asked' });
  expect(performance.now() - asked, 'that the disk is slow').toBeGreaterThan(SYNC_MS);
  const send = (): Promise<unknown> => client.emit({ type: 'work.asked' });
  const sent = Promise.all(Array.from({ length: RUNS - 1 }, send));
  const looksMs = await lookUntil(sent, new ApiClient(daemon.ready));
  // One that had to wait would begin with a sync, since the one before ended with one.
  expect(percentile(looksMs, 0.1), 'a look that needs no disk').toBeLessThan(SYNC_MS);

  const { runs } = await client.quiet();
  expect(runs).toMatchObject({ succeeded: RUNS, failed: 0, paused: 0 });
  const calls = [...ledger.effects.values()].map(({ attempts }) => attempts.length);
  expect(calls).toEqual(Array.from({ length: 3 * RUNS }, () => 1));
  for (const { steps } of await client.runs()) {
    expect(steps.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
  }
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder);
});
