import { expect, onTestFinished } from 'vitest';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';
import { startTarget } from '../fixtures/http-target.ts';
import { type Answer, ApiClient } from './api-client.ts';
import { latencies, percentile } from './latency.ts';
import { expectSoundLog } from './siege.ts';

export interface SourceFloodPlan {
  /** How many events of the other source come amid the flood, one after the other. */
  readonly events: number;
  /** How long the step of a run of the attacker's takes. */
  readonly stepMs: number;
  /** Requests that the attacker has under way. */
  readonly inFlight: number;
}

export interface SourceFloodReport {
  readonly taken: number;
  readonly refused: number;
  /** The most that waited of the attacker's events, as far as was looked. */
  readonly waitingMost: number;
  /** From an event of the other source to the end of its run, amid the flood. */
  readonly p99Ms: number;
  /** The same of a critical notice that the attacker's own event asks for. */
  readonly noticeMs: number;
}

const ATTACKER = 'event_log:attacker';
const LIMIT = 50;
const SLOTS = 8;
/** Slots that the attacker's runs may have of the flow that both sources start. */
const SHARE = 4;
const P99_MS_MAX = allowedMs(500);

/**
 * S51 of the attack matrix: floods a daemon from one source that has a limit of its own, and proves
 * that another source's events, in the same flow too, and critical notices go on as ever.
 */
export async function sourceFlood(plan: SourceFloodPlan): Promise<SourceFloodReport> {
  const target = await startTarget((response) => {
    setTimeout(() => response.end(), plan.stepMs);
  });
  onTestFinished(() => target.stop());
  const folder = makeFolder({
    'attacker.log': '',
    'signalbox.yaml': JSON.stringify(configuration(target.url, target.port)),
  });
  const daemon = await startDaemon(folder);
  const [attacker, client] = [new ApiClient(daemon.ready), new ApiClient(daemon.ready)];
  const attack = { goesOn: true, taken: 0, refused: 0 };
  const lanes = Array.from({ length: plan.inFlight }, () => send(attacker, attack));
  let waitingMost = 0;
  for (let n = 0; n < plan.events; n++) {
    const sent = await client.emit({ type: 'work.asked', data: { n }, source: 'other' });
    await client.event(String(sent?.seq), sent?.seq);
    waitingMost = Math.max(waitingMost, await waitingOf(client));
  }
  const fire = await client.emit({ type: 'fire', data: null, source: 'other' });
  await client.event(String(fire?.seq), fire?.seq);
  attack.goesOn = false;
  await Promise.all(lanes);
  const { taken, refused } = attack;
  const stats = await client.quiet();
  expect(stats.dispositions).toMatchObject({ dropped: 0, dead_lettered: 0 });
  expect(stats.receipts.sources[ATTACKER]).toMatchObject({ refused });
  expect(refused).toBeGreaterThan(0);
  expect(waitingMost).toBeLessThanOrEqual(LIMIT);
  const times = await latencies(client, 'work.asked', ({ source }) => source === 'other');
  const p99Ms = percentile(times, 0.99);
  const noticeMs = percentile(await latencies(client, 'fire'), 1);
  expect(times).toHaveLength(plan.events);
  expect(p99Ms).toBeLessThan(P99_MS_MAX);
  expect(noticeMs).toBeLessThan(P99_MS_MAX);
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder);
  return { taken, refused, waitingMost, p99Ms, noticeMs };
}

function configuration(url: string, port: number): object {
  const attacker = { type: 'event_log', name: 'attacker', path: 'attacker.log' };
  return {
    max_concurrent_handlers: SLOTS,
    security: { http_allow: [`127.0.0.1:${port}`] },
    sources: [{ ...attacker, queue_limit: LIMIT, queue_overflow: 'error' }],
    flows: {
      work: {
        on: 'work.asked',
        concurrency: { key: 'event.source', limit: SHARE },
        steps: [{ if: `event.source != "other"`, http: { url } }],
      },
      page: { on: 'fire', steps: [{ notify: 'audit', message: 'fire', urgency: 'critical' }] },
    },
  };
}

async function send(
  client: ApiClient,
  attack: { goesOn: boolean; taken: number; refused: number },
): Promise<void> {
  for (let n = 0; attack.goesOn; n++) {
    const answer = await client.post({ type: 'work.asked', data: { n }, source: ATTACKER });
    if (answer.status === 202) attack.taken++;
    else attack.refused += turnedAway(answer);
  }
}

function turnedAway({ status, headers, body }: Answer): number {
  expect({ status, body }).toEqual({ status: 429, body: expect.stringContaining('source.full') });
  expect(headers).toHaveProperty('retry-after');
  return 1;
}

async function waitingOf(client: ApiClient): Promise<number> {
  const { items } = await client.get<{ readonly items: readonly { waiting: number | null }[] }>(
    '/sources',
  );
  return items[0]?.waiting ?? Number.NaN;
}
