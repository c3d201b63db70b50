import { expect, onTestFinished, test } from 'vitest';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { startTarget, type Target } from '../fixtures/http-target.ts';
import { ApiClient } from './api-client.ts';
import { latencies, percentile } from './latency.ts';
import { RunEnds } from './run-ends.ts';

const ATTEMPTS = 3;
/** Rounds of each kind, by turns, so that what else the machine does touches both alike. */
const ROUNDS = 5;
const CLIENTS = 4;
const EVENTS_A_CLIENT = 25;
/** How much slower a good run may be: what fails is called three times as often beside it. */
const SLOWER = 4;
/** What a difference must exceed before it is more than the machine's own noise. */
const NOISE_MS = 100;

async function moodyTarget(): Promise<Target> {
  const target = await startTarget((response, { path }) => {
    response.writeHead(path === '/bad' ? 500 : 200).end();
  });
  onTestFinished(() => target.stop());
  return target;
}

function configuration({ url, port }: Target): string {
  const flow = (name: string): object => {
    const retry = { attempts: ATTEMPTS, delay: '5ms' };
    const call = { id: 'call', http: { method: 'POST', url: `${url}/${name}` }, retry };
    return { on: `${name}.asked`, steps: [call] };
  };
  return JSON.stringify({
    security: { http_allow: [`127.0.0.1:${port}`] },
    // Else what fails twice is asked about, and no longer fails.
    gates: { fall_back_after: 0 },
    flows: { good: flow('good'), other: flow('other'), bad: flow('bad') },
  });
}

interface Round {
  readonly client: ApiClient;
  readonly ends: RunEnds;
  readonly other: 'other' | 'bad';
}

/** Sends good events beside others, each client one by one; the median of the good ones. */
async function round({ client, ends, other }: Round): Promise<number> {
  const { events } = await client.quiet();
  const send = async (type: string): Promise<void> => {
    for (let n = 0; n < EVENTS_A_CLIENT; n++) {
      const sent = await client.emit({ type, data: { n } });
      await ends.of(sent?.seq ?? 0);
    }
  };
  const types = Array.from({ length: CLIENTS }, () => ['good.asked', `${other}.asked`]).flat();
  await Promise.all(types.map(send));
  return percentile(await latencies(client, 'good.asked', ({ seq }) => seq > events), 0.5);
}

/** F38 of the fault matrix. */
test('a flow that always fails is retried, then failed, and slows nobody down', async () => {
  const target = await moodyTarget();
  const folder = makeFolder({ 'signalbox.yaml': configuration(target) });
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  const ends = new RunEnds(client);
  const alone: number[] = [];
  const beside: number[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    alone.push(await round({ client, ends, other: 'other' }));
    beside.push(await round({ client, ends, other: 'bad' }));
  }

  const bad = (await client.runs()).filter(({ flow }) => flow === 'bad');
  expect(bad).toHaveLength(ROUNDS * CLIENTS * EVENTS_A_CLIENT);
  for (const { state, steps } of bad) {
    expect(state).toBe('failed');
    expect(steps).toMatchObject([{ attempts: ATTEMPTS, error: { code: 'http.status' } }]);
  }
  const calls = target.received.filter(({ path }) => path === '/bad');
  expect(calls).toHaveLength(bad.length * ATTEMPTS);
  const { succeeded, failed } = (await client.quiet()).runs;
  expect({ succeeded, failed }).toEqual({ succeeded: 3 * bad.length, failed: bad.length });

  // Of the rounds the one in which the machine did the least else.
  const least = { alone: Math.min(...alone), beside: Math.min(...beside) };
  console.log('median of good runs in ms, beside good ones and beside failing ones:', least);
  expect(least.beside).toBeLessThan(SLOWER * least.alone + NOISE_MS);
});
