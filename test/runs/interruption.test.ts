import { describe, expect, test } from 'vitest';
import type { Effect } from '../../src/flows/flow.ts';
import type { StepResult } from '../../src/runs/step-kind.ts';
import type { Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { flowOf, stepOf } from './pieces.ts';
import { denied, done, lost, names, refused, scripted } from './scripted.ts';
import { Workshop } from './workshop.ts';

const retry = { attempts: 3, delayMs: 1_000, factor: 2, delayMsMax: 60_000 };

describe('a run that is taken over', () => {
  test('knows what the steps before gave', async () => {
    const flow = flowOf(
      stepOf({ id: 'one' }),
      stepOf({ id: 'two' }),
      stepOf({ id: 'three', input: [names('output'), names('steps')] }),
    );
    const { act: first } = scripted({ kind: 'done', output: 1 }, { kind: 'done', output: 2 });
    const before = await Workshop.open({
      flow,
      act: (context) => (context.step === 'three' ? new Promise(() => {}) : first(context)),
    });
    const id = await before.begin();
    await before.settle();
    const { calls, act } = scripted(done);
    const shop = await before.reopen({ act });
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    const steps = { one: { output: 1 }, two: { output: 2 } };
    expect(calls.map(({ input }) => input)).toEqual([[2, steps]]);
  });

  test('is read again where somebody else was quicker', async () => {
    const { calls, act } = scripted(done);
    let stale = 1;
    const shop = await Workshop.open({
      flow: flowOf(stepOf()),
      act,
      wrap: (store) =>
        alteredStore(store, {
          claimable: async (query) => {
            const rows = await store.claimable(query);
            return stale-- > 0 ? rows.map((row) => ({ ...row, version: row.version - 1 })) : rows;
          },
        }),
    });
    const id = await shop.queue();
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    await shop.pass(5_000);
    expect(calls).toHaveLength(1);
    const [told] = shop.lines;
    expect(told).toMatchObject({ level: 'warn', fields: { because: 'stale' } });
  });
});

describe('a disk that is full', () => {
  /** A store whose disk is full for so many appends. */
  function filling(times: number): {
    readonly wrap: (store: Store) => Store;
    readonly tries: () => number;
  } {
    let tries = 0;
    const wrap = (store: Store): Store =>
      alteredStore(store, {
        append: async (unit) => (++tries <= times ? { kind: 'full' } : store.append(unit)),
      });
    return { wrap, tries: () => tries };
  }

  test('holds up what must be recorded, and loses nothing', async () => {
    const { calls, act } = scripted({
      kind: 'done',
      output: 'ok',
      emits: [{ type: 'built', data: 1 }],
    });
    const { wrap, tries } = filling(4);
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act, wrap });
    const id = await shop.begin();
    for (let n = 1; n <= 4; n++) {
      await shop.until(() => tries() === n && shop.clock.untilNext() === 500);
      shop.clock.advance(500);
    }
    const row = await shop.reaches(id, 'succeeded');
    expect(calls).toHaveLength(1);
    expect(row.ended).toBe(shop.clock.now());
    const records = await shop.store.read({ after: id, limit: 10 });
    expect(records.map(({ type, received }) => [type, received])).toEqual([
      ['built', shop.clock.now()],
      ['run.succeeded', shop.clock.now()],
    ]);
  });

  test('does not hold up a stop', async () => {
    const { wrap, tries } = filling(Number.POSITIVE_INFINITY);
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act: async () => done, wrap });
    const id = await shop.begin();
    await shop.until(() => tries() === 1);
    const stopped = shop.runner.stop();
    shop.clock.advance(1_000);
    await stopped;
    expect(shop.lines.at(-1)).toMatchObject({ fields: { because: 'full' } });
    expect(await shop.types(id)).toEqual([]);
  });
});

describe('when the daemon stops', () => {
  test.each<Effect>(['idempotent', 'ask'])('no further step is begun: %s', async (effect) => {
    let release: () => void = () => {};
    const flow = flowOf(stepOf(), stepOf({ id: 'send', effect }));
    const { calls, act } = scripted(done);
    const shop = await Workshop.open({
      flow,
      act: async (context) => {
        const result = act(context);
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return result;
      },
    });
    const id = await shop.begin();
    await shop.until(() => calls.length === 1);
    const stopped = shop.runner.stop();
    shop.clock.advance(1_000);
    release();
    await stopped;
    expect(await shop.types(id)).toEqual(['step.completed']);
    expect(calls).toHaveLength(1);
  });

  test('nobody acts on an answer that came after it', async () => {
    let answer: (result: StepResult) => void = () => {};
    const shop = await Workshop.open({
      flow: flowOf(stepOf({ retry, effect: 'verify', verify: 'did it?' })),
      act: ({ input }) =>
        input === 'did it?' ? new Promise((resolve) => (answer = resolve)) : Promise.resolve(lost),
    });
    await shop.runner.start();
    const id = await shop.begin();
    await shop.reaches(id, 'waiting');
    await shop.pass(1_000);
    const stopped = shop.runner.stop();
    await shop.pass(1_000);
    answer(done);
    await stopped;
    expect(await shop.types(id)).toEqual(['step.started', 'step.retrying', 'step.started']);
  });

  test.each<StepResult>([refused, lost, denied, { kind: 'wait', until: 5 }])(
    'what a step did not finish is left as it was: %j',
    async (result) => {
      const shop = await Workshop.open({
        flow: flowOf(stepOf({ effect: 'ask' })),
        act: ({ signal }) =>
          new Promise((resolve) => signal.addEventListener('abort', () => resolve(result))),
      });
      const id = await shop.begin();
      await shop.reaches(id, 'running');
      await shop.settle();
      const stopped = shop.runner.stop();
      await shop.pass(1_000);
      await stopped;
      expect(await shop.types(id)).toEqual(['step.started']);
    },
  );
});
