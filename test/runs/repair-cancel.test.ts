import { describe, expect, test } from 'vitest';
import { SignalboxError } from '../../src/std/errors.ts';
import { callOf, eachOf, flowOf, parallelOf, stepOf } from './pieces.ts';
import {
  ann,
  bob,
  branchesOf,
  codeOf,
  differences,
  dyingWhen,
  finds,
  fullWhile,
  patient,
  statesOf,
} from './repairing.ts';
import { done, held, refused, scripted } from './scripted.ts';
import { Workshop } from './workshop.ts';

describe('a run that is cancelled', () => {
  test('while its step is under way ends at once, and what the step gives is refused', async () => {
    const { act, ended } = patient();
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act });
    const id = await shop.begin();
    const { repair } = shop.runner;
    expect(await repair.cancel(id, ann)).toMatchObject({
      kind: 'done',
      row: { state: 'cancelled', reason: 'by ann: wrong branch' },
    });
    await shop.settle();
    expect(ended).toEqual(['build']);
    expect(await shop.types(id)).toEqual(['run.cancelled']);
    expect(shop.lines.at(-1)).toMatchObject({ fields: { because: 'stale' } });
    expect(shop.runner.lanes.taken).toBe(0);
    expect(codeOf(await repair.cancel(id, bob))).toBe('run.ended');
    expect(await differences(shop)).toEqual([]);
  });

  test('while it waits is never gone on with', async () => {
    const { act, calls } = scripted(refused);
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act });
    const id = await shop.begin();
    await shop.reaches(id, 'waiting');
    await shop.runner.repair.cancel(id, bob);
    await shop.pass(60_000);
    expect(calls).toHaveLength(1);
    expect(await shop.row(id)).toMatchObject({ state: 'cancelled', reason: 'by bob' });
  });

  test('in the queue is never begun', async () => {
    const { act, calls } = scripted(done);
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act });
    const id = await shop.queue();
    await shop.runner.repair.cancel(id, ann);
    await shop.runner.start();
    await shop.pass(10_000);
    expect(calls).toHaveLength(0);
  });

  test('by two at once is cancelled by one of them', async () => {
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act: held().act });
    const id = await shop.begin();
    const { repair } = shop.runner;
    const codes = await Promise.all([repair.cancel(id, ann), repair.cancel(id, bob)]);
    expect(codes.map(codeOf).toSorted()).toEqual(['done', 'run.ended']);
    expect(await shop.types(id)).toEqual(['run.cancelled']);
  });

  test('of which the log knows nothing', async () => {
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act: held().act });
    expect(await shop.runner.repair.cancel(77, ann)).toMatchObject({ code: 'run.unknown' });
  });

  test('on a full disk goes on', async () => {
    const { act, release } = held();
    const shop = await Workshop.open({
      flow: flowOf(stepOf()),
      act,
      wrap: fullWhile(() => isFull),
    });
    let isFull = false;
    const id = await shop.begin();
    isFull = true;
    expect(codeOf(await shop.runner.repair.cancel(id, ann))).toBe('store.full');
    isFull = false;
    release();
    await shop.reaches(id, 'succeeded');
  });

  test.each([
    ['is not in its catalog', async () => undefined],
    ['is in a catalog that is lost', async () => throws('catalog.unknown')],
    ['is in a catalog of another version', async () => throws('catalog.unreadable')],
  ])('though its flow %s, which is all that can be done to it', async (_, findFlow) => {
    const first = await Workshop.open({ flow: flowOf(stepOf()), act: held().act });
    const id = await first.queue();
    const second = await first.reopen({ findFlow });
    const { repair } = second.runner;
    for (const verb of ['pause', 'resume', 'retry'] as const) {
      expect(codeOf(await repair.apply(id, { verb, ...ann }))).toBe('run.unreadable');
    }
    const step = 'build';
    expect(codeOf(await repair.skip(id, { ...ann, step }))).toBe('run.unreadable');
    expect(codeOf(await repair.set(id, { ...ann, step, output: 1 }))).toBe('run.unreadable');
    expect(await second.types(id)).toEqual([]);
    expect(codeOf(await repair.apply(id, { verb: 'kill', ...ann }))).toBe('done');
    expect(await second.row(id)).toMatchObject({ state: 'cancelled' });
    expect(codeOf(await repair.skip(id, { ...ann, step }))).toBe('run.unreadable');
  });

  test('with what it has proposed, though its flow is lost', async () => {
    const gate = { approvers: [], quorum: 1, escalate: [], onExpire: 'reject' } as const;
    const first = await Workshop.open({ flow: flowOf(stepOf({ gate })), act: held().act });
    const id = await first.begin();
    await first.reaches(id, 'waiting');
    const second = await first.reopen({ findFlow: async () => undefined });
    expect(codeOf(await second.runner.repair.cancel(id, ann))).toBe('done');
    const proposals = await second.store.entities({ kind: 'proposal', run: id, limit: 9 });
    expect(proposals).toMatchObject([{ state: 'withdrawn' }]);
  });

  test('is left as it is where its flow could not be looked for', async () => {
    const first = await Workshop.open({ flow: flowOf(stepOf()), act: held().act });
    const id = await first.queue();
    const second = await first.reopen({ findFlow: async () => throws('store.closed') });
    await expect(second.runner.repair.cancel(id, ann)).rejects.toThrow('It says store.closed.');
    expect((await second.row(id)).state).toBe('queued');
  });

  test('when its daemon is gone, by the next one', async () => {
    const first = await Workshop.open({ flow: flowOf(stepOf()), act: held().act });
    const id = await first.begin();
    await first.settle();
    const { act, calls } = scripted(done);
    const second = await first.reopen({ act });
    expect(codeOf(await second.runner.repair.pause(id, ann))).toBe('run.elsewhere');
    expect(codeOf(await second.runner.repair.retry(id, ann))).toBe('run.running');
    expect(codeOf(await second.runner.repair.cancel(id, ann))).toBe('done');
    await second.runner.start();
    await second.pass(10_000);
    expect(calls).toHaveLength(0);
  });
});

describe('a run at a fork that is cancelled', () => {
  const each = eachOf('all', [stepOf({ id: 'one' }), stepOf({ id: 'two' })], { concurrency: 2 });
  const flow = flowOf(each, stepOf({ id: 'last' }));

  test('takes its branches with it, and opens no more', async () => {
    const { act, calls, ended } = patient();
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin('{"items":[1,2,3]}');
    await shop.pass(10);
    await shop.runner.repair.cancel(id, ann);
    await shop.pass(60_000);
    expect(await statesOf(shop, id)).toEqual(['cancelled', 'cancelled']);
    expect(calls).toEqual(['all[0]/one', 'all[1]/one']);
    expect(ended).toEqual(calls);
    expect(await shop.types(id)).toEqual(['step.forked', 'run.cancelled']);
    expect(await differences(shop)).toEqual([]);
  });

  test('has no branch left over, at whichever moment its daemon dies', async () => {
    for (let appends = 0; appends <= 6; appends++) {
      let left = Number.POSITIVE_INFINITY;
      const wrap = dyingWhen(() => left-- <= 0);
      const first = await Workshop.open({ flow, act: patient().act, wrap, slots: 3 });
      const id = await first.begin('{"items":[1,2,3]}');
      await first.pass(10);
      left = appends;
      void first.runner.repair.cancel(id, ann);
      await first.settle();
      const { act, calls } = scripted(done);
      const second = await first.reopen({ wrap: (store) => store, act });
      await second.runner.start();
      await second.pass(20_000);
      const { state } = await second.row(id);
      expect(state).toBe(appends === 0 ? 'succeeded' : 'cancelled');
      const states = await statesOf(second, id);
      expect(new Set(states)).toEqual(new Set([state]));
      expect(calls.length).toBe(appends === 0 ? 7 : 0);
      expect(await differences(second)).toEqual([]);
    }
  });

  test('leaves alone a run that it called and that is to go on', async () => {
    for (const close of ['cancel', 'abandon'] as const) {
      const calling = flowOf(callOf('ask', 'other', { close }), stepOf({ id: 'last' }));
      const { act, release } = patient();
      const shop = await Workshop.open({ flow: calling, act, findFlow: finds(calling) });
      const id = await shop.begin();
      await shop.pass(10);
      await shop.runner.repair.cancel(id, ann);
      await shop.settle();
      release();
      await shop.settle();
      expect(await statesOf(shop, id)).toEqual([close === 'cancel' ? 'cancelled' : 'succeeded']);
      expect((await shop.row(id)).state).toBe('cancelled');
    }
  });

  test('ends the run that it called where the daemon died before', async () => {
    const calling = flowOf(callOf('ask', 'other'), stepOf({ id: 'last' }));
    let left = Number.POSITIVE_INFINITY;
    const wrap = dyingWhen(() => left-- <= 0);
    const act = patient().act;
    const first = await Workshop.open({ flow: calling, act, findFlow: finds(calling), wrap });
    const id = await first.begin();
    await first.pass(10);
    left = 1;
    void first.runner.repair.cancel(id, ann);
    await first.settle();
    const second = await first.reopen({ wrap: (store) => store });
    await second.runner.start();
    await second.pass(100);
    expect(await branchesOf(second, id)).toMatchObject([
      { state: 'cancelled', reason: expect.stringContaining('by signalbox') as unknown },
    ]);
  });
});

describe('a branch that is cancelled by itself', () => {
  test('fails its run, which waits for the others', async () => {
    const flow = flowOf(parallelOf('both', stepOf({ id: 'left' }), stepOf({ id: 'right' })));
    const { act, release } = patient();
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    await shop.pass(10);
    const [left] = await branchesOf(shop, id);
    await shop.runner.repair.cancel(left?.id ?? 0, ann);
    await shop.settle();
    expect((await shop.row(id)).state).toBe('waiting');
    release();
    const row = await shop.reaches(id, 'failed');
    expect(row.reason).toBe('Branch 1 of step "both" failed: it was cancelled by ann');
    expect(await statesOf(shop, id)).toEqual(['cancelled', 'succeeded']);
  });

  test('as the last one ends the fork', async () => {
    const flow = flowOf(eachOf('all', [stepOf({ id: 'one' })], { onError: 'continue' }), stepOf());
    const { act, calls, release } = patient();
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin('{"items":[1,2]}');
    await shop.pass(10);
    const [only] = await branchesOf(shop, id);
    await shop.runner.repair.cancel(only?.id ?? 0, ann);
    await shop.pass(10);
    release();
    await shop.reaches(id, 'succeeded');
    expect(calls).toEqual(['all[0]/one', 'build']);
  });
});

function throws(code: string): never {
  throw new SignalboxError(code, `It says ${code}.`);
}
