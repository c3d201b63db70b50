import { once } from 'node:events';
import { expect } from 'vitest';
import { seededRandom } from '../../src/std/random.ts';
import type { ProposalView } from '../../src/views/proposal-view.ts';
import type { RunView } from '../../src/views/run-view.ts';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { type EffectLedger, startLedger } from './effect-ledger.ts';
import { expectSoundLog } from './siege.ts';

/** The steps of the saga; the third stands behind a gate. */
const STEPS = ['one', 'two', 'three', 'four', 'five'] as const;
const GATED = 'three';
/** A daemon dies at some instant of this time after it was ready. */
const LIFE_MS_MAX = 900;

/** What becomes of an order: it is done, or it is undone since its end or its approver says no. */
const FATES = ['done', 'fails', 'rejected'] as const;
type Fate = (typeof FATES)[number];

/** What came of the orders. */
export interface SagaReport {
  readonly kills: number;
  readonly states: Readonly<Record<string, number>>;
  /** Calls that came more often than once under one key. */
  readonly repeatedCalls: number;
}

/**
 * Has orders carried out by a saga of five steps with a gate, while its daemon is killed at random
 * instants; then one may finish. Fails where an order is neither done nor undone, where anything
 * was called behind a gate that nobody opened, or where log and rows are not sound.
 */
export async function killSagas(orders: number, kills: number, seed: number): Promise<SagaReport> {
  const random = seededRandom(seed);
  const ledger = await startLedger();
  const folder = makeFolder({ 'signalbox.yaml': configuration(ledger) });
  for (let kill = 0; kill < kills; kill++) {
    const { ready, child } = await startDaemon(folder);
    const client = new ApiClient(ready);
    const gone = once(child, 'exit');
    setTimeout(() => child.kill('SIGKILL'), random() * LIFE_MS_MAX);
    await Promise.all([place(client, orders), answer(client).catch(() => {}), gone]);
  }
  const { ready, end } = await startDaemon(folder);
  const client = new ApiClient(ready);
  await place(client, orders);
  const runs = await ended(client, orders);
  for (const run of runs) expectWhole(run, { fate: await fateOf(client, run), ledger });
  expect(await end()).toBe(0);
  await expectSoundLog(folder);
  const states: Record<string, number> = {};
  for (const { state } of runs) states[state] = (states[state] ?? 0) + 1;
  const repeated = [...ledger.effects.values()].filter(({ attempts }) => attempts.length > 1);
  return { kills, states, repeatedCalls: repeated.length };
}

function configuration({ port, url }: EffectLedger): string {
  const call = (path: string): object => ({ http: { method: 'POST', url: `${url}/${path}` } });
  const steps = STEPS.map((id) => ({
    id,
    ...call(id),
    ...(id === GATED ? { gate: { risk: 'low' } } : {}),
    compensate: call(`${id}-undone`),
  }));
  const last = { id: 'end', if: "payload.fate == 'fails'", run: ['false'], retry: { attempts: 1 } };
  return JSON.stringify({
    security: { http_allow: [`127.0.0.1:${port}`] },
    gates: { fall_back_after: 0 },
    flows: { order: { on: 'order.placed', steps: [...steps, last] } },
  });
}

/** Sends every order under its own id, whether or not it was heard before. */
async function place(client: ApiClient, orders: number): Promise<void> {
  const sent = Array.from({ length: orders }, (_, n) =>
    client.emit({ type: 'order.placed', id: `o-${n}`, data: { fate: FATES[n % FATES.length] } }),
  );
  await Promise.all(sent);
}

/** Decides on what is proposed, for as long as the daemon answers or orders wait. */
async function answer(client: ApiClient, isDone: () => Promise<boolean> = never): Promise<void> {
  do {
    const { items } = await client.get<{ readonly items: readonly ProposalView[] }>(
      '/proposals?state=open&limit=100',
    );
    await Promise.all(
      items.map(async ({ id, hash, run }) => {
        const fate = await fateOf(client, await client.get<RunView>(`/runs/${run}`));
        const decision = fate === 'rejected' ? 'reject' : 'approve';
        await client.decide(id, { decision, hash });
      }),
    );
  } while (!(await isDone()));
}

const never = (): Promise<boolean> => Promise.resolve(false);

/** Every run, once all have ended. */
async function ended(client: ApiClient, orders: number): Promise<readonly RunView[]> {
  let runs: readonly RunView[] = [];
  await answer(client, async () => {
    runs = await client.runs();
    return runs.length === orders && runs.every(({ ended: at }) => at !== null);
  });
  return runs;
}

async function fateOf(client: ApiClient, { event }: Pick<RunView, 'event'>): Promise<Fate> {
  const { data } = await client.event(event);
  return (data as { readonly fate: Fate }).fate;
}

/** All of it is done and nothing undone, or all that was done is undone: nothing behind a no. */
function expectWhole(
  { id, state }: RunView,
  { fate, ledger }: { readonly fate: Fate; readonly ledger: EffectLedger },
): void {
  const called = (step: string): boolean => ledger.effects.has(`${id}/${step}`);
  const done = STEPS.filter(called);
  const undone = STEPS.filter((step) => called(`${step}.undo`));
  const all = fate === 'rejected' ? STEPS.slice(0, STEPS.indexOf(GATED)) : [...STEPS];
  const expected =
    fate === 'done'
      ? { state: 'succeeded', done: all, undone: [] }
      : { state: 'compensated', done: all, undone: all };
  expect({ id, fate, state, done, undone }).toEqual({ id, fate, ...expected });
}
