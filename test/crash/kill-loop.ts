import { once } from 'node:events';
import { expect } from 'vitest';
import { seededRandom } from '../../src/std/random.ts';
import { makeFolder, signalboxJson, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { type Effect, type EffectLedger, startLedger } from './effect-ledger.ts';

export interface KillLoopOptions {
  readonly kills: number;
  readonly seed: number;
  /** The longest time between ready and the kill. */
  readonly lifeMsMax: number;
}

export interface KillLoopReport {
  readonly acknowledged: number;
  readonly effects: number;
  readonly repeatedCalls: number;
}

/** Clients that emit at once. */
const CLIENTS = 8;

/** A flow of three steps, the second of which reaches further flows by an event. */
function configuration({ port, url }: EffectLedger): string {
  return `
max_concurrent_handlers: 64
security: { http_allow: ["127.0.0.1:${port}"] }
flows:
  order:
    on: order.placed
    steps:
      - { id: charge, http: { method: POST, url: "${url}/charge", json: { n: "{payload.n}" } }, retry: { attempts: 9, delay: 10ms } }
      - { id: tell, emit: order.charged, data: { n: "{payload.n}" } }
      - { id: pack, http: { method: POST, url: "${url}/pack", json: { n: "{payload.n}" } }, retry: { attempts: 9, delay: 10ms } }
  mail:
    on: order.charged
    steps:
      - { id: send, http: { method: POST, url: "${url}/send", json: { n: "{payload.n}" } }, retry: { attempts: 9, delay: 10ms } }
`;
}

/**
 * Kills a daemon under load again and again, then lets it finish and counts: nothing acknowledged is
 * lost, each event has one run of its flow and each effect one key, and no step whose result was
 * recorded was called again.
 */
export async function killLoop(options: KillLoopOptions): Promise<KillLoopReport> {
  const ledger = await startLedger();
  const folder = makeFolder({ 'signalbox.yaml': configuration(ledger) });
  const acknowledged = await emitUnderFire(folder, options);
  return settleAndProve(folder, ledger, acknowledged);
}

/** Emits by clients that repeat what nobody acknowledged, while daemon after daemon is killed. */
async function emitUnderFire(
  folder: string,
  { kills, seed, lifeMsMax }: KillLoopOptions,
): Promise<Map<string, number>> {
  const random = seededRandom(seed);
  const acknowledged = new Map<string, number>();
  const unanswered: string[] = [];
  let count = 0;
  for (let kill = 0; kill < kills; kill++) {
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    let alive = true;
    const emitters = Array.from({ length: CLIENTS }, async () => {
      while (alive) {
        const id = unanswered.pop() ?? `order-${count++}`;
        const answer = await client.emit({ type: 'order.placed', id, data: { n: id } });
        if (answer === undefined) return void unanswered.push(id);
        const before = acknowledged.get(id);
        if (before !== undefined) expect(answer).toEqual({ id, seq: before, duplicate: true });
        acknowledged.set(id, answer.seq);
      }
    });
    setTimeout(() => daemon.child.kill('SIGKILL'), random() * lifeMsMax);
    await once(daemon.child, 'exit');
    alive = false;
    await Promise.all(emitters);
  }
  return acknowledged;
}

/** Lets the last daemon finish everything, and holds log, rows and effects against each other. */
async function settleAndProve(
  folder: string,
  { effects }: EffectLedger,
  acknowledged: ReadonlyMap<string, number>,
): Promise<KillLoopReport> {
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  const stats = await client.quiet();
  expect(stats.runs.failed).toBe(0);
  for (const [id, seq] of acknowledged) {
    expect((await client.get<{ readonly seq: number }>(`/events/${id}`)).seq).toBe(seq);
  }
  const attempts = await attemptsByKey(client);
  expect(await daemon.end()).toBe(0);
  expect(await signalboxJson(folder, ['verify'])).toMatchObject({ ok: true });
  expect(await signalboxJson(folder, ['rebuild', '--check'])).toMatchObject({ ok: true });
  return countEffects(effects, attempts, acknowledged);
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | number | null;
}

interface SeenRun {
  readonly id: string;
  readonly steps: readonly { readonly key: string; readonly attempts: number }[];
}

/** How many attempts at each step began, as the log tells it. */
async function attemptsByKey(client: ApiClient): Promise<Map<string, number>> {
  const attempts = new Map<string, number>();
  let before: string | number | null = '';
  while (before !== null) {
    const query: string = before === '' ? '' : `&before=${before}`;
    const page: Page<{ readonly id: string }> = await client.get(`/runs?limit=500${query}`);
    const runs = await Promise.all(page.items.map(({ id }) => client.get<SeenRun>(`/runs/${id}`)));
    for (const { steps } of runs) for (const step of steps) attempts.set(step.key, step.attempts);
    before = page.next;
  }
  return attempts;
}

/** A step whose result was recorded was called again only if its calls outnumber its attempts. */
function countEffects(
  effects: ReadonlyMap<string, Effect>,
  attempts: ReadonlyMap<string, number>,
  acknowledged: ReadonlyMap<string, number>,
): KillLoopReport {
  const keysByBody = new Map<string, number>();
  let repeatedCalls = 0;
  for (const [key, { calls, bodies }] of effects) {
    const [body = '', ...others] = bodies;
    expect(others, `further payloads under ${key}`).toEqual([]);
    expect(calls, `calls under ${key}`).toBeLessThanOrEqual(attempts.get(key) ?? 0);
    keysByBody.set(body, (keysByBody.get(body) ?? 0) + 1);
    repeatedCalls += calls - 1;
  }
  for (const id of acknowledged.keys()) {
    expect(keysByBody.get(JSON.stringify({ n: id })), `effects of ${id}`).toBe(3);
  }
  return { acknowledged: acknowledged.size, effects: effects.size, repeatedCalls };
}
