import { expect, onTestFinished, test } from 'vitest';
import type { Stats } from '../../src/views/engine-view.ts';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { startTarget } from '../fixtures/http-target.ts';
import { until } from '../server/until.ts';
import { ApiClient } from './api-client.ts';
import { expectSoundLog } from './siege.ts';
import { STOP_MS_MAX, stopOften } from './stops.ts';

const STOPS = 5;
const RUNS = 8;

/** F5 of the fault matrix; `npm run soak` asks more often. */
test('daemons that are asked to stop under load end in time, lose and repeat nothing', async () => {
  const report = await stopOften(STOPS, 1);
  console.log('stops under load:', JSON.stringify(report));
  expect(report.underWay).toBeGreaterThan(0);
});

test('what must not be repeated and does not end in time is left to a person', async () => {
  let answers = false;
  const target = await startTarget((response) => {
    if (answers) response.end();
  });
  onTestFinished(() => target.stop());
  const call = (path: string): object => {
    return { id: 'call', http: { method: 'POST', url: `${target.url}/${path}` } };
  };
  const folder = makeFolder({
    'signalbox.yaml': JSON.stringify({
      security: { http_allow: [`127.0.0.1:${target.port}`] },
      flows: {
        once: { on: 'work.asked', steps: [{ ...call('once'), effect: 'ask' }] },
        again: { on: 'work.asked', steps: [call('again')] },
      },
    }),
  });
  const first = await startDaemon(folder);
  const sender = new ApiClient(first.ready);
  await Promise.all(Array.from({ length: RUNS }, () => sender.emit({ type: 'work.asked' })));
  await until(() => (target.received.length === 2 * RUNS ? true : undefined));
  const asked = performance.now();
  expect(await first.end()).toBe(0);
  expect(performance.now() - asked).toBeLessThan(STOP_MS_MAX);

  answers = true;
  const second = await startDaemon(folder);
  const client = new ApiClient(second.ready);
  const runs = await until(async () => {
    const { runs: counts } = await client.get<Stats>('/stats');
    const { succeeded, queued, running } = counts;
    return succeeded === RUNS && queued + running === 0 ? client.runs() : undefined;
  });
  const left = runs.filter(({ state }) => state !== 'succeeded');
  expect(left.map(({ flow }) => flow)).toEqual(Array.from({ length: RUNS }, () => 'once'));
  for (const { due, reason } of left) {
    expect(due).toBeNull();
    expect(reason).toContain('effect: ask');
  }
  const calls = target.received.map(({ path }) => path);
  expect(calls.filter((path) => path === '/once')).toHaveLength(RUNS);
  expect(calls.filter((path) => path === '/again')).toHaveLength(2 * RUNS);
  expect(await second.end()).toBe(0);
  await expectSoundLog(folder);
});
