import { describe, expect, test } from 'vitest';
import type { Flow } from '../../src/flows/flow.ts';
import { checkRows } from '../../src/runs/rebuild.ts';
import type { Repaired } from '../../src/runs/repair.ts';
import type { RunRow, Store } from '../../src/store/contract.ts';
import { callOf, choiceOf, eachOf, flowOf, parallelOf, stepOf } from './pieces.ts';
import { done, held, lost, names, refused, scripted } from './scripted.ts';
import { type Act, Workshop } from './workshop.ts';

const failed = { kind: 'fail', error: refused.error } as const;
const ann = { by: 'ann', reason: 'wrong branch' } as const;
const bob = { by: 'bob', reason: null } as const;

/** The code of the refusal, or what came of it. */
function codeOf(repaired: Repaired): string {
  return repaired.kind === 'refused' ? repaired.code : repaired.kind;
}

async function branchesOf(shop: Workshop, id: number): Promise<RunRow[]> {
  return shop.store.branches({ parent: id, limit: 1_000 });
}

async function statesOf(shop: Workshop, id: number): Promise<string[]> {
  return (await branchesOf(shop, id)).map(({ state }) => state);
}

/** What folding the log again finds to be different. */
async function differences(shop: Workshop): Promise<unknown> {
  return (await checkRows(shop.store, () => {})).differences;
}

/** Steps that last until they are told to end, or the test lets them. */
function patient(): { act: Act; calls: string[]; release: () => void; ended: string[] } {
  const calls: string[] = [];
  const ended: string[] = [];
  let ends: (() => void)[] = [];
  return {
    calls,
    ended,
    act: ({ key, signal }) => {
      calls.push(key.slice(key.indexOf('/') + 1));
      return new Promise((resolve) => {
        ends.push(() => resolve(done));
        signal.addEventListener('abort', () => {
          ended.push(key.slice(key.indexOf('/') + 1));
          resolve(lost);
        });
      });
    },
    release: () => {
      for (const end of ends) end();
      ends = [];
    },
  };
}

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

  test('when its daemon is gone, by the next one', async () => {
    const first = await Workshop.open({ flow: flowOf(stepOf()), act: held().act });
    const id = await first.begin();
    await first.settle();
    const { act, calls } = scripted(done);
    const second = await first.reopen({ act });
    expect(codeOf(await second.runner.repair.pause(id, ann))).toBe('run.orphaned');
    expect(codeOf(await second.runner.repair.retry(id, ann))).toBe('run.under_way');
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
    expect(codeOf(await repair.pause(id, ann))).toBe('run.already_paused');
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

describe('a run that is retried', () => {
  const flow = flowOf(
    stepOf({ id: 'one', output: 'first' }),
    choiceOf([stepOf({ id: 'two' })]),
    stepOf({ id: 'three', input: names('steps') }),
  );

  test('after it failed goes on at the step that failed, with the same key', async () => {
    const { act, calls } = scripted(done, done, failed, done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin('{"n":1}');
    const row = await shop.reaches(id, 'failed');
    expect(codeOf(await shop.runner.repair.retry(id, ann))).toBe('done');
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['one', 'two', 'three', 'three']);
    expect(calls[3]?.key).toBe(calls[2]?.key);
    expect(Object.keys(calls[3]?.input as object)).toEqual(['one', 'two']);
    const letter = await shop.store.letter(row.version);
    expect(letter).toMatchObject({ state: 'retried' });
    const [closing] = await shop.store.readAt([letter?.closed ?? 0]);
    expect(closing).toMatchObject({ type: 'dead_letter.retried' });
    expect(JSON.parse(closing?.data ?? '')).toEqual({ letter: row.version, run: id, ...ann });
    expect(await differences(shop)).toEqual([]);
  });

  test('from an earlier step forgets what came behind it', async () => {
    const { act, calls } = scripted(done, done, failed, done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin('{"n":1}');
    await shop.reaches(id, 'failed');
    await shop.runner.repair.retry(id, { ...ann, from: 'two' });
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step).slice(3)).toEqual(['two', 'three']);
    expect(calls[3]?.key).toBe(calls[1]?.key);
  });

  test.each([
    ['nowhere', 'step.absent'],
    ['thre', 'step.absent'],
  ])('from a step "%s" that there is not', async (from, code) => {
    const shop = await Workshop.open({ flow, act: scripted(failed).act });
    const id = await shop.begin('{"n":1}');
    await shop.reaches(id, 'failed');
    const result = await shop.runner.repair.retry(id, { ...ann, from });
    expect(codeOf(result)).toBe(code);
    const message = result.kind === 'refused' ? result.message : '';
    expect(message).toContain(
      from === 'thre' ? 'did you mean "three"?' : 'one, choice, two, three.',
    );
  });

  test('from a step that it has not come to, or that is under way, is left as it is', async () => {
    const { act } = held();
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin('{"n":1}');
    await shop.settle();
    expect(codeOf(await shop.runner.repair.retry(id, ann))).toBe('run.under_way');
    const other = await Workshop.open({ flow, act: scripted(failed).act });
    const second = await other.begin('{"n":1}');
    await other.reaches(second, 'failed');
    const result = await other.runner.repair.retry(second, { ...ann, from: 'three' });
    expect(codeOf(result)).toBe('step.not_reached');
  });

  test('after it succeeded says from where', async () => {
    const { act, calls } = scripted(done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin('{"n":0}');
    await shop.reaches(id, 'succeeded');
    expect(codeOf(await shop.runner.repair.retry(id, ann))).toBe('run.succeeded');
    await shop.runner.repair.retry(id, { ...ann, from: 'one' });
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['one', 'three', 'one', 'three']);
    expect(await differences(shop)).toEqual([]);
  });

  test('within a fork forks again, with the same keys', async () => {
    const { act, calls } = scripted(done, failed, done);
    const forked = flowOf(eachOf('all', [stepOf({ id: 'one' })]), stepOf({ id: 'last' }));
    const shop = await Workshop.open({ flow: forked, act });
    const id = await shop.begin('{"items":[1,2]}');
    await shop.pass(10);
    await shop.reaches(id, 'failed');
    const [, second] = await branchesOf(shop, id);
    expect(codeOf(await shop.runner.repair.retry(second?.id ?? 0, ann))).toBe('run.branch_ended');
    await shop.runner.repair.retry(id, ann);
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    const keys = calls.map(({ key }) => key.slice(key.indexOf('/') + 1));
    expect(keys).toEqual(['all[0]/one', 'all[1]/one', 'all[0]/one', 'all[1]/one', 'last']);
    expect(await statesOf(shop, id)).toEqual(['succeeded', 'failed', 'succeeded', 'succeeded']);
  });

  test('while its branches are under way is left to them', async () => {
    const shop = await Workshop.open({ flow: flowOf(eachOf('all', [stepOf()])), act: held().act });
    const id = await shop.begin('{"items":[1]}');
    await shop.pass(10);
    const { repair } = shop.runner;
    expect(codeOf(await repair.retry(id, ann))).toBe('step.forked');
    expect(codeOf(await repair.skip(id, { ...ann, step: 'all' }))).toBe('step.forked');
  });

  test('after it was cancelled at a fork does its branches anew', async () => {
    const { act, calls, release } = patient();
    const shop = await Workshop.open({ flow: flowOf(eachOf('all', [stepOf()])), act });
    const id = await shop.begin('{"items":[1]}');
    await shop.pass(10);
    await shop.runner.repair.cancel(id, ann);
    await shop.runner.repair.retry(id, bob);
    await shop.pass(10);
    release();
    await shop.reaches(id, 'succeeded');
    expect(calls).toEqual(['all[0]/build', 'all[0]/build']);
    expect(await statesOf(shop, id)).toEqual(['cancelled', 'succeeded']);
  });

  test('has its whole time again', async () => {
    const limited = { ...flowOf(stepOf({ retry: { ...RARELY, attempts: 99 } })), totalMs: 10_000 };
    let isUp = false;
    const act: Act = async () => (isUp ? done : refused);
    const shop = await Workshop.open({ flow: limited, act });
    const id = await shop.begin();
    await shop.pass(20_000);
    await shop.reaches(id, 'failed');
    isUp = true;
    await shop.runner.repair.retry(id, ann);
    await shop.pass(10);
    expect(await shop.reaches(id, 'succeeded')).toMatchObject({ reason: null });
  });

  test('by two at once is retried once', async () => {
    const { act, calls } = scripted(failed, done);
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act: slowly(act) });
    const id = await shop.begin();
    await shop.pass(10);
    await shop.reaches(id, 'failed');
    const { repair } = shop.runner;
    const both = await Promise.all([repair.retry(id, ann), repair.retry(id, bob)]);
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls).toHaveLength(2);
    expect(both.map(codeOf)).toContain('done');
  });
});

describe('a step of which nobody knows whether it happened', () => {
  const flow = flowOf(
    stepOf({ id: 'pay', effect: 'ask' }),
    stepOf({ id: 'last', input: names('output') }),
  );

  async function unknown(): Promise<Asked> {
    const { act, calls } = scripted(lost, done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    const row = await shop.reaches(id, 'waiting');
    return { shop, id, letter: row.version, calls };
  }

  test('is done again where a person says so', async () => {
    const { shop, id, letter, calls } = await unknown();
    await shop.runner.repair.retry(id, ann);
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['pay', 'pay', 'last']);
    expect(await shop.store.letter(letter)).toMatchObject({ state: 'retried' });
  });

  test('is passed over, with a reason, and closes its letter though it was paused since', async () => {
    const { shop, id, letter, calls } = await unknown();
    const { repair } = shop.runner;
    await repair.pause(id, bob);
    await repair.resume(id, bob);
    expect(await shop.row(id)).toMatchObject({ state: 'waiting', due: null, reason: 'no answer' });
    await repair.skip(id, { ...ann, step: 'pay' });
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step, input }) => [step, input])).toEqual([
      ['pay', null],
      ['last', null],
    ]);
    const journal = await shop.journal(id);
    expect(journal.find(({ type }) => type === 'step.completed')).toMatchObject({
      output: null,
      decision: ann,
    });
    expect(await shop.store.letter(letter)).toMatchObject({ state: 'retried' });
  });

  test('is given an output', async () => {
    const { shop, id, calls } = await unknown();
    await shop.runner.repair.set(id, { ...ann, step: 'pay', output: { paid: true } });
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.at(-1)?.input).toEqual({ paid: true });
  });

  test('is named right', async () => {
    const { shop, id } = await unknown();
    const { repair } = shop.runner;
    expect(codeOf(await repair.skip(id, { ...ann, step: 'last' }))).toBe('step.elsewhere');
    expect(codeOf(await repair.skip(id, { ...ann, step: 'pays' }))).toBe('step.absent');
  });

  test('in a branch, whose end is then told to its run', async () => {
    const forked = flowOf(parallelOf('both', stepOf({ id: 'pay', effect: 'ask' })), stepOf());
    const { act, calls } = scripted(lost, done);
    const shop = await Workshop.open({ flow: forked, act });
    const id = await shop.begin();
    await shop.pass(10);
    const [branch] = await branchesOf(shop, id);
    await shop.runner.repair.set(branch?.id ?? 0, { ...ann, step: 'pay', output: 7 });
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['pay', 'build']);
    const journal = await shop.journal(id);
    expect(journal.find(({ type }) => type === 'step.completed')).toMatchObject({ output: [7] });
  });
});

describe('a step with which a run failed', () => {
  test('is given an output, and the run goes on behind it', async () => {
    const { act, calls } = scripted(failed, done);
    const flow = flowOf(stepOf({ id: 'one' }), stepOf({ id: 'two', input: names('output') }));
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    const row = await shop.reaches(id, 'failed');
    await shop.runner.repair.set(id, { ...ann, step: 'one', output: 'by hand' });
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step, input }) => [step, input])).toEqual([
      ['one', null],
      ['two', 'by hand'],
    ]);
    expect(await shop.types(id)).toEqual([
      'run.failed',
      'run.retried',
      'step.completed',
      'step.started',
      'run.succeeded',
    ]);
    expect(await shop.store.letter(row.version)).toMatchObject({ state: 'retried' });
    expect(await differences(shop)).toEqual([]);
  });

  test('as its last is passed over, and the run succeeds', async () => {
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act: scripted(failed).act });
    const id = await shop.begin();
    await shop.reaches(id, 'failed');
    await shop.runner.repair.skip(id, { ...ann, step: 'build' });
    expect((await shop.row(id)).state).toBe('succeeded');
  });

  test('is held before it where nothing was said of it in time, and can be resumed', async () => {
    const { act, calls } = scripted(failed, done);
    let left = Number.POSITIVE_INFINITY;
    const wrap = dyingWhen(() => left-- <= 0);
    const first = await Workshop.open({ flow: flowOf(stepOf()), act, wrap });
    const id = await first.begin();
    await first.reaches(id, 'failed');
    left = 1;
    void first.runner.repair.skip(id, { ...ann, step: 'build' });
    await first.reaches(id, 'paused');
    const second = await first.reopen({ wrap: (store) => store });
    await second.runner.start();
    await second.pass(10_000);
    expect(calls).toHaveLength(1);
    await second.runner.repair.resume(id, bob);
    await second.pass(10);
    await second.reaches(id, 'succeeded');
    expect(calls).toHaveLength(2);
  });

  test('in the middle of its remedy does that anew', async () => {
    const remedied = { ...flowOf(stepOf({ id: 'one' })), onFailure: [stepOf({ id: 'tell' })] };
    const { act, calls } = scripted(failed, done);
    const shop = await Workshop.open({ flow: remedied, act });
    const id = await shop.begin();
    await shop.reaches(id, 'failed');
    await shop.runner.repair.retry(id, ann);
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['one', 'tell', 'one']);
  });
});

interface Asked {
  readonly shop: Workshop;
  readonly id: number;
  readonly letter: number;
  readonly calls: ReturnType<typeof scripted>['calls'];
}

const RARELY = { attempts: 3, delayMs: 6_000, factor: 1, delayMsMax: 6_000 };

/** The first step sleeps. */
function nap(step: string, now: number): Awaited<ReturnType<Act>> {
  return step === 'one' ? { kind: 'wait', until: now + 5_000 } : done;
}

/** Answers in a later turn, so that something can be done meanwhile. */
function slowly(act: Act): Act {
  return async (context) => {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    return act(context);
  };
}

/** A catalog of this flow, and of one called `other`. */
function finds(flow: Flow): (catalog: string, name: string) => Promise<Flow> {
  const other = { ...flowOf(stepOf({ id: 'deed' })), name: 'other' };
  return async (_, name) => (name === 'other' ? other : flow);
}

/** A store whose process dies as it waits for the answer to an append. */
function dyingWhen(dies: () => boolean): (store: Store) => Store {
  return appending((store, unit) => (dies() ? new Promise(() => {}) : store.append(unit)));
}

/** A store whose disk is full at times. */
function fullWhile(isFull: () => boolean): (store: Store) => Store {
  return appending(async (store, unit) => (isFull() ? { kind: 'full' } : store.append(unit)));
}

function appending(
  append: (store: Store, unit: Parameters<Store['append']>[0]) => ReturnType<Store['append']>,
): (store: Store) => Store {
  return (store) =>
    new Proxy(store, {
      get: (target, name) => {
        if (name === 'append') return (unit: never) => append(store, unit);
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
}
