import { describe, expect, test } from 'vitest';
import type { ActionStep, Flow, Step } from '../../src/flows/flow.ts';
import { undoId } from '../../src/flows/saga.ts';
import { callOf, flowOf, parallelOf, stepOf } from './pieces.ts';
import { ann, branchesOf, codeOf, differences, patient, statesOf } from './repairing.ts';
import { denied, done, refused } from './scripted.ts';
import { type Act, Workshop } from './workshop.ts';

/** A step that can be undone. */
function act(id: string, undo: Partial<ActionStep> = {}): ActionStep {
  return stepOf({ id, compensate: stepOf({ id: undoId(id), ...undo }) });
}

/** A flow whose runs can be undone, and one of that kind that it may call. */
function sagas(
  steps: readonly Step[],
  others: readonly Step[] = [],
): { readonly flow: Flow; readonly findFlow: (_: string, name: string) => Promise<Flow> } {
  const isUndone = others.some((step) => 'compensate' in step && step.compensate !== undefined);
  const flow = { ...flowOf(...steps), isSaga: true, sagas: isUndone ? ['other'] : [] };
  const other = { ...flowOf(...others), name: 'other', ...(isUndone && { isSaga: true }) };
  return { flow, findFlow: async (_, name) => (name === 'other' ? other : flow) };
}

/** These steps last until they are told to end, all others are done at once. */
function patientOnly(...steps: readonly string[]): ReturnType<typeof patient> {
  const own = patient();
  const all: Act = async (context) => (steps.includes(context.step) ? own.act(context) : done);
  return { ...own, act: all };
}

describe('a run that is cancelled while others do its step', () => {
  test('has branches stopped that hold all slots, and is undone in these', async () => {
    const { act: does, ended } = patientOnly('left');
    const story = sagas([parallelOf('both', act('left'))]);
    const shop = await Workshop.started({ ...story, act: does, slots: 1 });
    const id = await shop.begin();
    await shop.pass(10);
    await shop.runner.repair.cancel(id, ann);
    await shop.pass(20_000);
    expect(ended).toEqual(['both[0]/left']);
    expect((await shop.row(id)).state).toBe('compensated');
    expect(await statesOf(shop, id)).toEqual(['compensated']);
    expect(await differences(shop)).toEqual([]);
  });

  test('undoes nothing before what it stopped in them has ended', async () => {
    const told: string[] = [];
    const does: Act = ({ step, signal }) => {
      told.push(step);
      if (step !== 'left') return Promise.resolve(done);
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          shop.clock.schedule(2_000, () => {
            told.push('left has ended');
            resolve(denied);
          });
        });
      });
    };
    const story = sagas([act('first'), parallelOf('both', stepOf({ id: 'left' }))]);
    const shop = await Workshop.started({ ...story, act: does });
    const id = await shop.begin();
    await shop.pass(10);
    await shop.runner.repair.cancel(id, ann);
    await shop.pass(20_000);
    expect(told).toEqual(['first', 'left', 'left has ended', 'first.undo']);
    expect((await shop.row(id)).state).toBe('compensated');
  });

  test('leaves alone a run that it called and that is to go on', async () => {
    for (const close of ['cancel', 'abandon'] as const) {
      const { act: does, release } = patientOnly('deed');
      const call = callOf('ask', 'other', { close });
      const story = sagas([act('first'), call], [stepOf({ id: 'deed' })]);
      const shop = await Workshop.started({ ...story, act: does });
      const id = await shop.begin();
      await shop.pass(10);
      await shop.runner.repair.cancel(id, ann);
      await shop.pass(100);
      release();
      await shop.pass(20_000);
      expect(await statesOf(shop, id)).toEqual([close === 'cancel' ? 'cancelled' : 'succeeded']);
      expect((await shop.row(id)).state).toBe('compensated');
    }
  });

  test('does not repeat an undo under way of a called run that must not be', async () => {
    const { act: does, calls } = patientOnly('deed.undo');
    const story = sagas(
      [callOf('ask', 'other')],
      [act('first'), act('deed', { effect: 'ask' }), stepOf({ id: 'last' })],
    );
    const shop = await Workshop.started({
      ...story,
      act: async (context) => (context.step === 'last' ? denied : does(context)),
    });
    const id = await shop.begin();
    await shop.pass(10);
    expect(calls).toHaveLength(1);
    await shop.runner.repair.cancel(id, ann);
    await shop.pass(3_600_000);
    expect(calls).toHaveLength(1);
    const [other] = await branchesOf(shop, id);
    expect(other?.reason).toContain('it is marked "effect: ask" and is not repeated');
    expect(await statesOf(shop, id)).toEqual(['compensation_stuck']);
    expect((await shop.row(id)).state).toBe('compensation_stuck');
    expect(await differences(shop)).toEqual([]);
  });
});

test('a run that is being undone and whose flow is lost can be ended', async () => {
  const story = sagas([act('first'), stepOf({ id: 'last' })]);
  const results = new Map([
    ['last', denied],
    ['first.undo', refused],
  ] as const);
  const first = await Workshop.started({
    ...story,
    act: async ({ step }) => results.get(step as 'last') ?? done,
  });
  const id = await first.begin();
  await first.pass(10);
  expect(codeOf(await first.runner.repair.cancel(id, ann))).toBe('run.compensating');
  const second = await first.reopen({ findFlow: async () => undefined });
  expect(codeOf(await second.runner.repair.cancel(id, ann))).toBe('done');
  expect(await second.row(id)).toMatchObject({ state: 'cancelled', at: 'undo.0' });
  expect(await differences(second)).toEqual([]);
});
