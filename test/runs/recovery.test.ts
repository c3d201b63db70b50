import { describe, expect, test } from 'vitest';
import { flowOf, stepOf } from './pieces.ts';
import { done, held } from './scripted.ts';
import { type Act, Workshop, type WorkshopOptions } from './workshop.ts';
import { countOpen } from '../../src/views/queue-view.ts';

const flow = flowOf(stepOf());
const SWEEP_MS = 5_000;

async function open(options: Partial<WorkshopOptions> = {}): Promise<Workshop> {
  return Workshop.open({ flow, act: async () => done, ...options });
}

describe('what a session left behind', () => {
  test('by dying is begun again, and the death is charged', async () => {
    const { act, calls } = held();
    const first = await open({ act });
    const id = await first.begin();
    await first.until(() => calls.length === 1);
    const shop = await first.reopen({ act: async () => done });
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    expect(await shop.journal(id)).toMatchObject([
      { type: 'step.started', attempt: 2, crashes: 1, epoch: 2 },
      { type: 'run.succeeded' },
    ]);
  });

  test('by stopping is begun again, and nothing is charged', async () => {
    const { act, calls } = held();
    const first = await open({ act });
    const id = await first.begin();
    await first.until(() => calls.length === 1);
    const stopped = first.runner.stop();
    await first.pass(20_000);
    await stopped;
    await first.store.close({ clean: true });
    const shop = await first.reopen({ act: async () => done });
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    expect(await shop.journal(id)).toMatchObject([
      { type: 'step.started', attempt: 1, crashes: 0, epoch: 2 },
      { type: 'run.succeeded' },
    ]);
  });

  test('is set aside after three deaths, and the others are done', async () => {
    const deadly: Act = ({ event: { data } }) =>
      data === 'poison' ? new Promise(() => {}) : Promise.resolve(done);
    let shop = await open({ act: deadly });
    const poison = await shop.begin('"poison"');
    await shop.settle();
    const good: number[] = [];
    for (let death = 1; death <= 3; death++) {
      good.push(await shop.queue());
      shop = await shop.reopen();
      await shop.runner.start();
      await shop.pass(2_000);
    }
    expect(await shop.row(poison)).toMatchObject({
      state: 'failed',
      attempt: 3,
      reason: expect.stringContaining('The daemon died 3 times while step "build" was under way'),
    });
    for (const id of good) expect(await shop.row(id)).toMatchObject({ state: 'succeeded' });
  });

  test('is never set aside where its kind cannot take the daemon down', async () => {
    const { act } = held();
    let shop = await open({ act, contained: true });
    const id = await shop.begin();
    await shop.settle();
    for (let death = 1; death <= 5; death++) {
      shop = await shop.reopen();
      await shop.runner.start();
      await shop.pass(2_000);
    }
    expect(await shop.row(id)).toMatchObject({ state: 'running', crashes: 5, attempt: 6 });
  });
});

describe('a session that another one has taken over from', () => {
  test('cannot write: what its step gave is told and thrown away', async () => {
    const { act, calls, release } = held();
    const zombie = await open({ act, flow: flowOf(stepOf(), stepOf({ id: 'send' })) });
    const id = await zombie.begin();
    await zombie.until(() => calls.length === 1);
    const shop = await zombie.reopen({ act: async () => ({ kind: 'done', output: 'ours' }) });
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    release();
    await zombie.until(() => zombie.lines.some(({ level }) => level === 'warn'));
    expect(zombie.lines.at(-1)).toMatchObject({
      message: 'a late result was not recorded',
      fields: { because: 'stale' },
    });
    expect(calls).toHaveLength(1);
    expect(await shop.journal(id)).toMatchObject([
      { type: 'step.started', epoch: 2 },
      { type: 'step.completed', output: 'ours' },
      { type: 'run.succeeded', output: 'ours' },
    ]);
    expect(await shop.store.verify({ progress: () => {}, deep: false })).toMatchObject({
      firstBad: null,
    });
  });
});

describe('suspects', () => {
  /** A log with runs under way that have seen the daemon die so often. */
  async function suspects(count: number, deaths: number): Promise<Workshop> {
    let shop = await open({ act: () => new Promise(() => {}), slots: 8 });
    for (let n = 0; n < count; n++) await shop.begin();
    await shop.settle();
    for (let death = 0; death < deaths; death++) {
      shop = await shop.reopen();
      await shop.runner.start();
      await shop.settle();
    }
    return shop;
  }

  test('are begun one by one, a second apart, and others only after them', async () => {
    const before = await suspects(3, 1);
    const queued = await before.queue();
    const { act, calls } = held();
    const shop = await before.reopen({ act });
    await shop.runner.start();
    shop.runner.sweep();
    await shop.settle();
    expect(calls).toHaveLength(1);
    await shop.pass(999);
    expect(calls).toHaveLength(1);
    await shop.pass(1);
    expect(calls).toHaveLength(2);
    await shop.pass(1_000);
    expect(calls).toHaveLength(3);
    expect(await shop.row(queued)).toMatchObject({ state: 'queued' });
    await shop.pass(1_000);
    expect(calls).toHaveLength(4);
  });

  test('follow at once where the one before them ends', async () => {
    const before = await suspects(3, 1);
    const shop = await before.reopen({ act: async () => done });
    await shop.runner.start();
    await shop.settle();
    expect(countOpen(await shop.store.lanes())).toEqual({
      queued: 0,
      running: 0,
      waiting: 0,
      paused: 0,
    });
    expect(shop.clock.untilNext()).toBe(SWEEP_MS);
  });

  test('have no more slots than there are', async () => {
    const before = await suspects(3, 1);
    const { act, calls, release } = held();
    const shop = await before.reopen({ act, slots: 1 });
    await shop.runner.start();
    await shop.pass(500);
    expect(shop.runner.lanes.waits).toBe(false);
    await shop.pass(2_500);
    expect(calls).toHaveLength(1);
    expect(shop.runner.lanes.waits).toBe(true);
    release();
    await shop.settle();
    expect(calls).toHaveLength(2);
    expect(shop.runner.lanes.waits).toBe(false);
    const stopped = shop.runner.stop();
    release();
    await shop.pass(20_000);
    await stopped;
    expect(calls).toHaveLength(2);
  });

  test('are none where the daemon stopped in order, or the flow is not known', async () => {
    const before = await suspects(2, 1);
    await before.store.close({ clean: true });
    const { act, calls } = held();
    const stopped = await before.reopen({ act });
    await stopped.runner.start();
    await stopped.settle();
    expect(calls).toHaveLength(2);
    const shop = await stopped.reopen({
      findFlow: async () => {
        throw new Error('cannot be parsed');
      },
    });
    await shop.runner.start();
    await shop.settle();
    expect(shop.lines.map(({ message }) => message)).toEqual([
      'a run could not be taken over',
      'a run could not be taken over',
    ]);
  });
});
