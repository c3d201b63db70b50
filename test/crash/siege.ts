import { once } from 'node:events';
import { expect } from 'vitest';
import { messageOf } from '../../src/std/errors.ts';
import { seededRandom } from '../../src/std/random.ts';
import type { EventView } from '../../src/views/event-view.ts';
import type { RunView } from '../../src/views/run-view.ts';
import { makeFolder, signalboxJson, start, startDaemon } from '../cli/signalbox.ts';
import { readinessOf } from './readiness.ts';
import { seedFailure } from '../simulation/seeds.ts';
import { ApiClient } from './api-client.ts';
import { type Effect, type EffectLedger, startLedger } from './effect-ledger.ts';

/** How often daemons are killed, and how late. */
export interface Kills {
  readonly kills: number;
  /** The longest that a daemon lives, in milliseconds: after its first order, or its start. */
  readonly lifeMsMax: number;
}

/** What a siege came to. */
export interface KillReport {
  readonly kills: number;
  /** Orders that a client knows to be recorded. */
  readonly acknowledged: number;
  readonly runs: number;
  readonly effects: number;
  /** Calls beyond the first under a key: of steps whose result nobody had recorded yet. */
  readonly repeatedCalls: number;
  /** How long the last daemon took from its start until it was ready, in milliseconds. */
  readonly readyMs: number;
}

/** Clients that emit at once. */
const CLIENTS = 8;
/** Orders that a daemon under strace takes. */
const ORDERS = 3;
/** What one order comes to, the last by way of an event. */
const EFFECTS = ['charge', 'pack', 'send'];
const FLOWS = ['mail', 'order'];

/** A flow of three steps, the second of which reaches another flow by an event. */
function configuration({ port, url }: EffectLedger): string {
  const retry = { attempts: 9, delay: '10ms' };
  const data = { n: '{payload.n}' };
  const call = (id: string): object => {
    return { id, http: { method: 'POST', url: `${url}/${id}`, json: { ...data, of: id } }, retry };
  };
  const tell = { id: 'tell', emit: 'order.charged', data };
  return JSON.stringify({
    max_concurrent_handlers: 64,
    security: { http_allow: [`127.0.0.1:${port}`] },
    flows: {
      order: { on: 'order.placed', steps: [call('charge'), tell, call('pack')] },
      mail: { on: 'order.charged', steps: [call('send')] },
    },
  });
}

/**
 * Lets a data directory be besieged, relieves it, and prints what it came to.
 *
 * @throws Error where a promise was broken: with the command that repeats the seed.
 */
export async function besiege(
  { seed, file }: { readonly seed: number; readonly file: string },
  attack: (siege: Siege) => Promise<void>,
): Promise<KillReport> {
  const siege = new Siege(await startLedger(), seed);
  try {
    await attack(siege);
    const report = await siege.relieve();
    console.log(`seed ${seed}: ${describeReport(report)}`);
    return report;
  } catch (cause) {
    throw new Error(seedFailure(seed, messageOf(cause), file), { cause });
  }
}

function describeReport({ kills, acknowledged, readyMs, ...report }: KillReport): string {
  const done = `${report.runs} runs, ${report.effects} effects, 0 repeated after their record`;
  const repeated = `${report.repeatedCalls} calls repeated before it under the same key`;
  const ready = `ready ${Math.round(readyMs)} ms after the last kill`;
  return `${kills} kills, ${acknowledged} acknowledged, 0 lost, ${done}, ${repeated}, ${ready}`;
}

/**
 * A data directory under fire: daemon after daemon is killed on it, then one may finish, and log,
 * rows and effects are held against each other.
 */
export class Siege {
  readonly #folder: string;
  readonly #ledger: EffectLedger;
  readonly #acknowledged = new Map<string, number>();
  readonly #unanswered: string[] = [];
  #orders = 0;
  #kills = 0;

  readonly #random: () => number;

  constructor(ledger: EffectLedger, seed: number) {
    this.#ledger = ledger;
    this.#folder = makeFolder({ 'signalbox.yaml': configuration(ledger) });
    this.#random = seededRandom(seed);
  }

  /** Kills daemons while clients emit, each some time after it has taken an order. */
  async killUnderLoad({ kills, lifeMsMax }: Kills): Promise<void> {
    for (let kill = 0; kill < kills; kill++) {
      const { ready, child, ended } = await startDaemon(this.#folder);
      const client = new ApiClient(ready);
      await this.#emit(client, 1);
      const emitters = Array.from({ length: CLIENTS }, () => this.#emit(client));
      setTimeout(() => child.kill('SIGKILL'), this.#random() * lifeMsMax);
      await Promise.all([ended, ...emitters]);
      this.#kills++;
    }
  }

  /** Kills daemons that have only begun to start or to recover, one right after the other. */
  async killDuringStart({ kills, lifeMsMax }: Kills): Promise<void> {
    for (let kill = 0; kill < kills; kill++) {
      const child = start(this.#folder, ['up', '--port', '0']);
      setTimeout(() => child.kill('SIGKILL'), this.#random() * lifeMsMax);
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== null) throw new Error(`a daemon ended by itself, with exit code ${code}`);
      this.#kills++;
    }
  }

  /**
   * Lets a daemon die at its nth system call of some kinds while it takes a few orders, carries
   * them out and stops; false where it came to its end before.
   */
  async killAtCall(calls: string, nth: number): Promise<boolean> {
    const inject = `inject=${calls}:signal=KILL:when=${nth}`;
    const prefix = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', inject];
    const child = start(this.#folder, ['up', '--port', '0'], { prefix });
    const exit = once(child, 'exit') as Promise<[number | null]>;
    const ready = await Promise.race([readinessOf(child), exit]);
    if ('pid' in ready) {
      const client = new ApiClient(ready);
      await this.#emit(client, ORDERS);
      await client.quiet().catch(() => {});
      endProcess(ready.pid);
    }
    const [code] = await exit;
    if (code === null) this.#kills++;
    return code === null;
  }

  /** Places orders until the daemon dies; what nobody acknowledged is sent again to the next. */
  async #emit(client: ApiClient, count = Number.POSITIVE_INFINITY): Promise<void> {
    for (let n = 0; n < count; n++) {
      const id = this.#unanswered.pop() ?? `order-${this.#orders++}`;
      const answer = await client.emit({ type: 'order.placed', id, data: { n: id } });
      if (answer === undefined) return void this.#unanswered.push(id);
      this.#acknowledged.set(id, answer.seq);
    }
  }

  /** Lets a last daemon finish everything, and proves that nothing was lost or done twice. */
  async relieve(): Promise<KillReport> {
    const started = performance.now();
    const daemon = await startDaemon(this.#folder);
    const readyMs = performance.now() - started;
    const client = new ApiClient(daemon.ready);
    const { runs: counts } = await client.quiet();
    const orders = await client.events('order.placed');
    const runs = await client.runs();
    const code = await daemon.end();
    expectAllSucceeded({ failed: counts.failed, code });
    expectAllRecorded(orders, this.#acknowledged);
    await expectSoundLog(this.#folder);
    return { ...this.#count(runs), readyMs };
  }

  #count(runs: readonly RunView[]): Omit<KillReport, 'readyMs'> {
    const { effects } = this.#ledger;
    expectOneRunPerEvent(runs);
    const repeatedCalls = expectHonestCalls(effects, runs);
    expectEachOrderOnce(effects, this.#acknowledged.keys());
    const acknowledged = this.#acknowledged.size;
    const kills = this.#kills;
    return { kills, acknowledged, runs: runs.length, effects: effects.size, repeatedCalls };
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has died already.
  }
}

function expectAllSucceeded(ended: {
  readonly failed: number;
  readonly code: number | null;
}): void {
  expect(ended).toEqual({ failed: 0, code: 0 });
}

/** Log and rows of a data directory that no daemon uses. `flags` stand before the command. */
export async function expectSoundLog(folder: string, flags: readonly string[] = []): Promise<void> {
  const sound = { ok: true };
  expect(await signalboxJson(folder, [...flags, 'verify'])).toMatchObject(sound);
  expect(await signalboxJson(folder, [...flags, 'rebuild', '--check'])).toMatchObject(sound);
}

function expectAllRecorded(
  orders: readonly EventView[],
  acknowledged: ReadonlyMap<string, number>,
): void {
  const recorded = new Map(orders.map(({ id, seq }) => [id, seq]));
  expect(recorded.size, 'an id was recorded twice').toBe(orders.length);
  const lost = [...acknowledged].filter(([id, seq]) => recorded.get(id) !== seq);
  expect(lost, 'acknowledged orders that the log does not hold').toEqual([]);
}

function expectOneRunPerEvent(runs: readonly RunView[]): void {
  const seen = new Set(runs.map(({ flow, event }) => `${flow} of ${event}`));
  expect(seen.size).toBe(runs.length);
  expect([...new Set(runs.map(({ flow }) => flow))].toSorted()).toEqual(FLOWS);
}

/**
 * Each attempt of a step calls once at most, and none that the log does not know: a step whose
 * result is recorded has no further attempt, so that it was not called again.
 */
function expectHonestCalls(effects: ReadonlyMap<string, Effect>, runs: readonly RunView[]): number {
  const begun = new Map(
    runs.flatMap(({ steps }) => steps.map((step) => [step.key, step.attempts])),
  );
  let repeated = 0;
  for (const [key, { attempts, bodies }] of effects) {
    const distinct = new Set(attempts);
    expect(bodies.size, `payloads under ${key}`).toBe(1);
    expect(distinct.size, `calls under ${key} by attempts ${attempts.join()}`).toBe(
      attempts.length,
    );
    expect(Math.max(...attempts), `attempts under ${key}`).toBeLessThanOrEqual(begun.get(key) ?? 0);
    repeated += attempts.length - 1;
  }
  return repeated;
}

/** Whatever was recorded, acknowledged or not, has each of its effects under one key. */
function expectEachOrderOnce(
  effects: ReadonlyMap<string, Effect>,
  acknowledged: Iterable<string>,
): void {
  const done = new Map<string, string[]>();
  for (const { bodies } of effects.values()) {
    const [body = ''] = bodies;
    const { n, of } = JSON.parse(body) as { readonly n: string; readonly of: string };
    done.set(n, [...(done.get(n) ?? []), of].toSorted());
  }
  const wrong = [...done].filter(([, each]) => each.join() !== EFFECTS.join());
  expect(wrong, 'orders that did not have each effect once').toEqual([]);
  const lost = [...acknowledged].filter((id) => !done.has(id));
  expect(lost, 'acknowledged orders without effects').toEqual([]);
}
