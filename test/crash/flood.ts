import { readFileSync } from 'node:fs';
import { expect, onTestFinished } from 'vitest';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { startTarget, type Target } from '../fixtures/http-target.ts';
import { ApiClient } from './api-client.ts';
import { latencies, percentile } from './latency.ts';
import { expectSoundLog } from './siege.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

export interface FloodPlan {
  /** How long clients send as fast as they can, in milliseconds. */
  readonly floodMs: number;
  /** Of so many events one starts a run; the others are filtered. */
  readonly everyNth: number;
  /** How long the step of a run takes. */
  readonly stepMs: number;
}

export interface FloodReport {
  readonly accepted: number;
  readonly refused: number;
  readonly perSecond: number;
  readonly runs: number;
  /** The most memory that the daemon ever had. */
  readonly rssMiB: number;
  /** From arrival to the end of a run's one quick step, right after the flood. */
  readonly p99MsAfter: number;
}

const CLIENTS = 2;
/** Requests that each client has under way. */
const IN_FLIGHT = 16;
/** So few that most runs wait for their turn. */
const SLOTS = 8;
/** Events after the flood, one after the other. */
const PROBES = 200;
const RSS_MIB_MAX = 512;
const P99_MS_MAX = allowedMs(500);

/**
 * Floods a daemon whose steps are slow, and proves that everything accepted is accounted for, that
 * memory stays within bounds, and that the daemon is quick as soon as the flood is over.
 */
export async function flood(plan: FloodPlan): Promise<FloodReport> {
  const target = await slowTarget(plan.stepMs);
  const folder = makeFolder({ 'signalbox.yaml': configuration(target, plan.everyNth) });
  const daemon = await startDaemon(folder);
  const clients = Array.from({ length: CLIENTS }, () => new ApiClient(daemon.ready));
  const sent = await Promise.all(clients.map((client) => sendFor(client, plan.floodMs)));
  const accepted = sent.reduce((sum, each) => sum + each.accepted, 0);
  const refused = sent.reduce((sum, each) => sum + each.refused, 0);

  const [client = new ApiClient(daemon.ready)] = clients;
  const stats = await client.quiet();
  const { started, filtered, dead_lettered: dead } = stats.dispositions;
  expect({ matched: started + filtered, dead }).toEqual({ matched: accepted, dead: 0 });
  expect(stats.runs).toMatchObject({ succeeded: started, failed: 0 });
  const p99MsAfter = await probe(client);
  const rssMiB = peakMiBOf(daemon.ready.pid);
  expect(rssMiB).toBeLessThan(RSS_MIB_MAX);
  expect(p99MsAfter).toBeLessThan(P99_MS_MAX);
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder);
  const perSecond = Math.round((accepted * 1_000) / plan.floodMs);
  return { accepted, refused, perSecond, runs: started, rssMiB, p99MsAfter };
}

async function slowTarget(stepMs: number): Promise<Target> {
  const target = await startTarget((response) => {
    setTimeout(() => response.end(), stepMs);
  });
  onTestFinished(() => target.stop());
  return target;
}

function configuration({ url, port }: Target, everyNth: number): string {
  const on = { event: 'work.asked', where: `event.data.n % ${everyNth} == 0` };
  return JSON.stringify({
    max_concurrent_handlers: SLOTS,
    security: { http_allow: [`127.0.0.1:${port}`] },
    flows: {
      work: { on, steps: [{ id: 'work', http: { url } }] },
      probe: { on: 'probe.sent', steps: [{ emit: 'probe.seen' }] },
    },
  });
}

interface Sent {
  accepted: number;
  refused: number;
}

async function sendFor(client: ApiClient, floodMs: number): Promise<Sent> {
  const until = performance.now() + floodMs;
  const sent = { accepted: 0, refused: 0 };
  let n = 0;
  const lanes = Array.from({ length: IN_FLIGHT }, async () => {
    while (performance.now() < until) {
      const { status, headers } = await client.post({ type: 'work.asked', data: { n: n++ } });
      if (status === 202) sent.accepted++;
      else expectTurnedAway(status, headers);
      if (status !== 202) sent.refused++;
    }
  });
  await Promise.all(lanes);
  return sent;
}

function expectTurnedAway(status: number, headers: object): void {
  expect([429, 503]).toContain(status);
  expect(headers).toHaveProperty('retry-after');
}

/** Resolves to the p99 of events that come one by one. */
async function probe(client: ApiClient): Promise<number> {
  const first = await client.emit({ type: 'probe.sent', data: null });
  for (let n = 1; n < PROBES; n++) {
    const sent = await client.emit({ type: 'probe.sent', data: null });
    await client.event(String(sent?.seq), sent?.seq);
  }
  await client.quiet();
  expect(first).toBeDefined();
  return percentile(await latencies(client, 'probe.sent'), 0.99);
}

function peakMiBOf(pid: number): number {
  const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / 1_024);
}
