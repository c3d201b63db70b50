import { describe, expect, test } from 'vitest';
import type { StepResult } from '../../src/runs/step-kind.ts';
import { eachOf, flowOf, stepOf } from './pieces.ts';
import {
  ann,
  bob,
  codeOf,
  differences,
  dyingWhen,
  fullWhile,
  patient,
  slowly,
  statesOf,
} from './repairing.ts';
import { done, refused, scripted } from './scripted.ts';
import { type Act, Workshop } from './workshop.ts';

describe('a run that is paused', () => {
  const flow = flowOf(stepOf({ id: 'one' }), stepOf({ id: 'two' }));

  test('while a step is under way rests behind it, and goes on there', async () => {
    const { act, calls, release } = patient();
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    const { repair } = shop.runner;
    expect(await repair.pause(id, ann)).toMatchObject({ kind: 'pending', row: { at: '0' } });
    release();
    const row = await shop.reaches(id, 'paused');
    expect(row).toMatchObject({ at: '1', attempt: 0, reason: 'by ann: wrong branch' });
    await shop.pass(60_000);
    expect(calls).toEqual(['one']);
    expect(codeOf(await repair.pause(id, ann))).toBe('run.paused');
    expect(codeOf(await repair.resume(id, ann))).toBe('done');
    await shop.pass(10);
    release();
    await shop.reaches(id, 'succeeded');
    expect(calls).toEqual(['one', 'two']);
    expect(await differences(shop)).toEqual([]);
  });

  test('and resumed before its step is over does not rest', async () => {
    const { act, release } = patient();
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    await shop.runner.repair.pause(id, ann);
    expect(codeOf(await shop.runner.repair.resume(id, ann))).toBe('done');
    release();
    await shop.settle();
    release();
    await shop.reaches(id, 'succeeded');
    expect(await shop.types(id)).not.toContain('run.paused');
  });

  test('while its step fails is held before that is tried again', async () => {
    const { act, calls } = scripted(refused, done);
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act: slowly(act) });
    const id = await shop.begin();
    await shop.runner.repair.pause(id, ann);
    await shop.pass(10);
    await shop.reaches(id, 'paused');
    await shop.pass(60_000);
    expect(calls).toHaveLength(1);
    await shop.runner.repair.resume(id, ann);
    expect(await shop.row(id)).toMatchObject({ state: 'waiting', reason: 'not now' });
    await shop.pass(60_000);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test('while it sleeps wakes up only when it is resumed', async () => {
    const shop = await Workshop.open({ flow, act: async ({ now, step }) => nap(step, now) });
    const id = await shop.begin();
    await shop.reaches(id, 'waiting');
    await shop.runner.repair.pause(id, ann);
    await shop.pass(60_000);
    expect((await shop.row(id)).state).toBe('paused');
    await shop.runner.repair.resume(id, ann);
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
  });

  test('in the queue stays out of it', async () => {
    const { act, calls } = scripted(done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.queue();
    await shop.runner.repair.pause(id, ann);
    await shop.runner.start();
    await shop.pass(10_000);
    expect(calls).toHaveLength(0);
    await shop.runner.repair.resume(id, ann);
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
  });

  test('is the only one that can be resumed', async () => {
    const shop = await Workshop.open({ flow, act: scripted(done).act });
    const id = await shop.queue();
    expect(codeOf(await shop.runner.repair.resume(id, ann))).toBe('run.not_paused');
    await shop.runner.start();
    await shop.pass(10);
    expect(codeOf(await shop.runner.repair.resume(id, ann))).toBe('run.ended');
    expect(codeOf(await shop.runner.repair.pause(id, ann))).toBe('run.ended');
  });

  test('while a step is under way as its daemon dies rests behind that step', async () => {
    const first = await Workshop.open({ flow, act: patient().act });
    const id = await first.begin();
    expect(codeOf(await first.runner.repair.pause(id, ann))).toBe('pending');
    expect(codeOf(await first.runner.repair.pause(id, bob))).toBe('pending');
    const { act, calls } = scripted(done);
    const second = await first.reopen({ act });
    await second.runner.start();
    await second.pass(60_000);
    expect(await second.row(id)).toMatchObject({ state: 'paused', at: '1', reason: saidByAnn });
    expect(calls.map(({ step }) => step)).toEqual(['one']);
    await second.runner.repair.resume(id, ann);
    await second.reaches(id, 'succeeded');
    expect(await differences(second)).toEqual([]);
  });

  test('rests at once where its daemon died between the end of its step and the rest', async () => {
    const napping: StepResult = { kind: 'wait', until: 5_000 };
    for (const [result, at] of [[done, '1'] as const, [napping, '0'] as const]) {
      let left = 2;
      const wrap = dyingWhen(() => left-- <= 0);
      const first = await Workshop.open({ flow, act: slowly(async () => result), wrap });
      const id = await first.begin();
      expect(codeOf(await first.runner.repair.pause(id, ann))).toBe('pending');
      await first.until(() => left < 0);
      const { act, calls } = scripted(done);
      const second = await first.reopen({ act, wrap: (store) => store });
      await second.runner.start();
      await second.pass(60_000);
      expect(await second.row(id)).toMatchObject({ state: 'paused', at, reason: saidByAnn });
      expect(calls).toEqual([]);
      await second.runner.repair.resume(id, ann);
      await second.pass(10);
      await second.reaches(id, 'succeeded');
      expect(calls.map(({ step }) => step)).toEqual(['two']);
      expect(await differences(second)).toEqual([]);
    }
  });

  test('and resumed before its daemon dies goes on, at either side of the pause', async () => {
    const three = flowOf(...['one', 'two', 'three'].map((name) => stepOf({ id: name })));
    for (const isOver of [false, true]) {
      const { act, release, calls } = patient();
      const first = await Workshop.open({ flow: three, act });
      const id = await first.begin();
      await first.runner.repair.pause(id, ann);
      if (isOver) {
        release();
        await first.reaches(id, 'paused');
      }
      expect(codeOf(await first.runner.repair.resume(id, ann))).toBe('done');
      if (isOver) await first.runner.start();
      await first.pass(10);
      expect(calls).toHaveLength(isOver ? 2 : 1);
      const second = await first.reopen({ act: scripted(done).act });
      await second.runner.start();
      await second.pass(60_000);
      expect((await second.row(id)).state).toBe('succeeded');
    }
  });

  test('or resumed where the disk is full is told so, and nothing has changed', async () => {
    let isFull = true;
    const { act, release } = patient();
    const shop = await Workshop.open({ flow, act, wrap: fullWhile(() => isFull) });
    const id = await shop.begin();
    const { repair } = shop.runner;
    expect(codeOf(await repair.pause(id, ann))).toBe('store.full');
    expect(codeOf(await repair.resume(id, ann))).toBe('run.not_paused');
    isFull = false;
    await repair.pause(id, ann);
    isFull = true;
    expect(codeOf(await repair.resume(id, ann))).toBe('store.full');
    isFull = false;
    release();
    await shop.reaches(id, 'paused');
  });

  test('before its daemon dies is paused afterwards', async () => {
    const { act, release } = patient();
    const first = await Workshop.open({ flow, act });
    const id = await first.begin();
    await first.runner.repair.pause(id, ann);
    release();
    await first.reaches(id, 'paused');
    const { act: again, calls } = scripted(done);
    const second = await first.reopen({ act: again });
    await second.runner.start();
    await second.pass(10_000);
    expect(calls).toHaveLength(0);
    await second.runner.repair.resume(id, ann);
    await second.pass(10);
    expect(calls.map(({ step }) => step)).toEqual(['two']);
  });
});

describe('a run at a fork that is paused', () => {
  const flow = flowOf(eachOf('all', [stepOf({ id: 'one' })], { concurrency: 2 }), stepOf());

  test('rests with its branches, and goes on with them', async () => {
    const { act, calls, release } = patient();
    const two = eachOf('all', [stepOf({ id: 'one' }), stepOf({ id: 'two' })], { concurrency: 2 });
    const shop = await Workshop.open({ flow: flowOf(two, stepOf()), act });
    const id = await shop.begin('{"items":[1,2,3]}');
    await shop.pass(10);
    await shop.runner.repair.pause(id, ann);
    release();
    await shop.pass(60_000);
    expect(await statesOf(shop, id)).toEqual(['paused', 'paused']);
    expect(calls).toHaveLength(2);
    await shop.runner.repair.resume(id, ann);
    for (let turn = 0; turn < 6; turn++) {
      await shop.pass(10);
      release();
    }
    await shop.reaches(id, 'succeeded');
    expect(calls).toHaveLength(7);
    expect(new Set(calls).size).toBe(7);
    expect(await differences(shop)).toEqual([]);
  });

  test('opens the next branches when it is resumed, and ends', async () => {
    const { act, calls, release } = patient();
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin('{"items":[1,2,3]}');
    await shop.pass(10);
    await shop.runner.repair.pause(id, ann);
    release();
    await shop.pass(10);
    expect(await statesOf(shop, id)).toEqual(['succeeded', 'succeeded']);
    await shop.runner.repair.resume(id, ann);
    await shop.pass(10);
    release();
    await shop.pass(10);
    release();
    await shop.reaches(id, 'succeeded');
    expect(calls).toEqual(['all[0]/one', 'all[1]/one', 'all[2]/one', 'build']);
  });

  test('goes on where all its branches ended meanwhile, also when its daemon dies', async () => {
    for (const dies of [false, true]) {
      const { act, release } = patient();
      const first = await Workshop.open({ flow, act });
      const id = await first.begin('{"items":[1,2]}');
      await first.pass(10);
      await first.runner.repair.pause(id, ann);
      release();
      await first.pass(10);
      const record = first.runner.repair.resume(id, ann);
      const shop = dies ? await record.then(() => first.reopen()) : first;
      await shop.runner.start();
      await shop.pass(10);
      release();
      await shop.reaches(id, 'succeeded');
      expect((await shop.types(id)).filter((type) => type === 'step.forked')).toHaveLength(1);
    }
  });

  test('rests with its branches though the daemon dies before their steps are over', async () => {
    const two = eachOf('all', [stepOf({ id: 'one' }), stepOf({ id: 'two' })], { concurrency: 2 });
    const first = await Workshop.open({ flow: flowOf(two, stepOf()), act: patient().act });
    const id = await first.begin('{"items":[1,2]}');
    await first.pass(10);
    await first.runner.repair.pause(id, ann);
    const { act, calls } = scripted(done);
    const second = await first.reopen({ act });
    await second.runner.start();
    await second.pass(60_000);
    expect(await statesOf(second, id)).toEqual(['paused', 'paused']);
    expect(calls.map(({ step }) => step)).toEqual(['one', 'one']);
    await second.runner.repair.resume(id, ann);
    await second.pass(10);
    await second.reaches(id, 'succeeded');
    expect(await differences(second)).toEqual([]);
  });

  test('and resumed while they are under way waits for them', async () => {
    const { act, calls, release } = patient();
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin('{"items":[1,2]}');
    await shop.pass(10);
    await shop.runner.repair.pause(id, ann);
    await shop.runner.repair.resume(id, ann);
    await shop.pass(10);
    expect(await shop.row(id)).toMatchObject({ state: 'waiting', due: null });
    release();
    await shop.pass(10);
    release();
    await shop.reaches(id, 'succeeded');
    expect(calls).toHaveLength(3);
  });
});

const saidByAnn = 'by ann: wrong branch';

/** The first step sleeps. */
function nap(step: string, now: number): Awaited<ReturnType<Act>> {
  return step === 'one' ? { kind: 'wait', until: now + 5_000 } : done;
}
