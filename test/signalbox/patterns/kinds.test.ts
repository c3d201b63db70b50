import { describe, expect, onTestFinished, test } from 'vitest';
import { type Testbox, testbox } from '../../../src/signalbox/testing/testbox.ts';
import type { Json } from '../../../src/std/json.ts';

/** A box with one flow of that trigger, which tells what its run saw. */
async function answering(on: Json, told: Json = '{events}'): Promise<Testbox> {
  const flow = { on, steps: [{ emit: 'seen', data: { last: '{payload}', told } }] };
  const box = await testbox({ config: { flows: { watch: flow } } });
  onTestFinished(() => box.stop());
  return box;
}

/** What the runs saw, by the numbers of their events. */
async function seen(box: Testbox): Promise<Json[]> {
  return (await box.events('seen')).map(({ data }) => {
    const { told } = data as {
      readonly told: readonly { readonly data: { readonly n: number } }[];
    };
    return told.map(({ data: { n } }) => n);
  });
}

/** Emits events a second apart: `a b` are numbers 1 and 2, at `.` nothing comes. */
async function play(box: Testbox, story: string): Promise<void> {
  let n = 0;
  for (const type of story.split(' ')) {
    if (type !== '.') await box.emit(type, { n: ++n });
    await box.advance('1s');
  }
}

async function isSound(box: Testbox): Promise<void> {
  const report = await box.engine.verify({ deep: false, progress: () => {} });
  expect(report).toMatchObject({ ok: true, first_bad: null });
}

describe('seed 000, Phase 4: "Complex event processing"', () => {
  test.each([
    ['a sequence', { sequence: ['a', 'b'], within: '5s' }, 'a x b b', [[1, 3]]],
    ['a sequence out of order', { sequence: ['a', 'b'], within: '5s' }, 'b . a', []],
    ['a sequence too late', { sequence: ['a', 'b'], within: '2s' }, 'a . b', []],
    ['one that began again in time', { sequence: ['a', 'b'], within: '3s' }, 'a . a . b', [[2, 3]]],
    ['all, in any order', { all: ['a', 'b', 'c'], within: '5s' }, 'c a a b', [[1, 3, 4]]],
    ['any', { any: ['a', 'b'] }, 'a x b', [[1], [3]]],
    ['a count', { count: 3, of: 'a', within: '4s' }, 'a . . a a . a', [[2, 3, 4]]],
    ['an absence', { absent: 'b', after: 'a', within: '3s' }, 'a b a . . .', [[3]]],
    ['a count of types', { count: 2, of: 'git.*', within: '4s' }, 'git.a git.b', [[1, 2]]],
  ])('%s', async (_, on, story, expected) => {
    const box = await answering(on, 'any' in on ? ['{event}'] : '{events}');
    await play(box, story);
    await box.advance('1m');
    expect(await seen(box)).toEqual(expected);
    await isSound(box);
  });
});
