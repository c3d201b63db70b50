import { describe, expect, test } from 'vitest';
import { flowOf, parallelOf, stepOf } from './pieces.ts';
import { ann, bob, branchesOf, codeOf, differences, dyingWhen, failed } from './repairing.ts';
import { done, lost, names, scripted } from './scripted.ts';
import { type Act, Workshop } from './workshop.ts';

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

  test('is passed over, with a reason, and closes its letter though it was paused', async () => {
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

  test('is asked about only then: a run that ended otherwise is not opened by it', async () => {
    const { act, calls } = scripted(done);
    const flow = flowOf(stepOf({ id: 'pay' }), stepOf({ id: 'last' }));
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    await shop.reaches(id, 'succeeded');
    const { repair } = shop.runner;
    const skipped = await repair.skip(id, { ...ann, step: 'pay' });
    expect(skipped).toEqual({
      kind: 'refused',
      code: 'run.ended',
      message: expect.stringMatching(
        /has ended already: it is succeeded; .* runs retry \S+ --from/,
      ),
    });
    expect(codeOf(await repair.set(id, { ...ann, step: 'pay', output: 7 }))).toBe('run.ended');
    await shop.pass(10_000);
    expect(calls).toHaveLength(2);
    expect(await shop.types(id)).not.toContain('run.retried');
  });

  test.each(['noop', 'cancelled'] as const)(
    'is not asked about where its run is %s',
    async (state) => {
      const act: Act = async ({ now }) =>
        state === 'noop' ? { kind: 'noop' } : { kind: 'wait', until: now + 60_000 };
      const shop = await Workshop.open({ flow: flowOf(stepOf()), act });
      const id = await shop.begin();
      await shop.settle();
      if (state === 'cancelled') await shop.runner.repair.cancel(id, bob);
      await shop.reaches(id, state);
      expect(codeOf(await shop.runner.repair.skip(id, { ...ann, step: 'build' }))).toBe(
        'run.ended',
      );
    },
  );

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
