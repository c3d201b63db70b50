import { expect, test } from 'vitest';
import { flowOf, stepOf } from './pieces.ts';
import { ann, codeOf, differences } from './repairing.ts';
import { done, held, scripted } from './scripted.ts';
import { Workshop } from './workshop.ts';

const flow = flowOf(stepOf({ id: 'one' }), stepOf({ id: 'two' }));

/** A run whose step is under way, and its daemon, which dies without hearing the step's end. */
async function underWay(): Promise<{ readonly shop: Workshop; readonly id: number }> {
  const shop = await Workshop.open({ flow, act: held().act });
  const id = await shop.begin();
  await shop.settle();
  return { shop, id };
}

test.each([
  ['of its flow', flow.name, false],
  ['of its flow at once', flow.name, true],
  ['of everything', null, false],
  ['of everything at once', null, true],
])('a step under way as its daemon dies is not begun again in a pause %s', async (_, of, now) => {
  const { shop: first, id } = await underWay();
  const hold = ({ runner }: Workshop): unknown =>
    now ? runner.suspend(of, 'ann') : runner.pause(of);
  hold(first);
  const { act, calls } = scripted(done);
  let shop = first;
  // A second death is one of a suspect, which is taken over before the others.
  for (let death = 1; death <= 2; death++) {
    shop = await shop.reopen({ act });
    hold(shop);
    await shop.runner.start();
    const other = await shop.queue();
    await shop.pass(60_000);
    expect(calls).toEqual([]);
    expect((await shop.row(id)).state).toBe('running');
    expect((await shop.row(other)).state).toBe('queued');
    expect(shop.runner.lanes.taken).toBe(0);
  }
  shop.runner.resume(of);
  await shop.pass(60_000);
  expect(calls.map(({ step }) => step).toSorted()).toEqual([...thrice('one'), ...thrice('two')]);
  expect((await shop.row(id)).state).toBe('succeeded');
  expect(await differences(shop)).toEqual([]);
});

test('a run that is held so can be cancelled, and is never gone on with', async () => {
  const { shop: first, id } = await underWay();
  const { act, calls } = scripted(done);
  const shop = await first.reopen({ act });
  shop.runner.pause(flow.name);
  await shop.runner.start();
  await shop.settle();
  expect(codeOf(await shop.runner.repair.cancel(id, ann))).toBe('done');
  expect(shop.runner.lanes.taken).toBe(0);
  shop.runner.resume(flow.name);
  await shop.pass(60_000);
  expect(calls).toEqual([]);
  expect((await shop.row(id)).state).toBe('cancelled');
});

test.each(['cancel', 'kill'] as const)(
  'a run that is told to %s while its step is under way stays so where its daemon dies then',
  async (verb) => {
    const { shop: first, id } = await underWay();
    expect(codeOf(await first.runner.repair.apply(id, { verb, ...ann }))).toBe('done');
    const { act, calls } = scripted(done);
    const shop = await first.reopen({ act });
    await shop.runner.start();
    await shop.pass(60_000);
    expect(calls).toEqual([]);
    expect((await shop.row(id)).state).toBe('cancelled');
    expect(await differences(shop)).toEqual([]);
  },
);

function thrice(step: string): string[] {
  return Array.from({ length: 3 }, () => step);
}
