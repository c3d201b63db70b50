import { describe, expect, test } from 'vitest';
import { choiceOf, eachOf, flowOf, stepOf } from './pieces.ts';
import {
  ann,
  bob,
  branchesOf,
  codeOf,
  differences,
  failed,
  patient,
  slowly,
  statesOf,
} from './repairing.ts';
import { done, held, names, refused, scripted } from './scripted.ts';
import { type Act, Workshop } from './workshop.ts';

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
    expect(codeOf(await shop.runner.repair.retry(id, ann))).toBe('run.running');
    const other = await Workshop.open({ flow, act: scripted(failed).act });
    const second = await other.begin('{"n":1}');
    await other.reaches(second, 'failed');
    const result = await other.runner.repair.retry(second, { ...ann, from: 'three' });
    expect(codeOf(result)).toBe('step.not_reached');
  });

  test('before it has begun is left to its turn, so that it keeps to its throttle', async () => {
    const { act, calls } = scripted(done);
    const throttle = { limit: 1, perMs: 60_000 };
    const shop = await Workshop.started({ flow: { ...flowOf(stepOf()), throttle }, act });
    await shop.pass(60_000);
    const [first, second] = [await shop.queue(), await shop.queue()];
    await shop.pass(10_000);
    await shop.reaches(first, 'succeeded');
    const { repair } = shop.runner;
    expect(codeOf(await repair.retry(second, ann))).toBe('run.queued');
    expect(codeOf(await repair.skip(second, { ...ann, step: 'build' }))).toBe('run.queued');
    await repair.pause(second, ann);
    expect(codeOf(await repair.retry(second, ann))).toBe('run.queued');
    expect(codeOf(await repair.set(second, { ...ann, step: 'build', output: 7 }))).toBe(
      'run.queued',
    );
    await repair.resume(second, ann);
    await shop.pass(10_000);
    expect(calls).toHaveLength(1);
    await shop.pass(60_000);
    await shop.reaches(second, 'succeeded');
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
    expect(codeOf(await shop.runner.repair.retry(second?.id ?? 0, ann))).toBe('run.branch');
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

const RARELY = { attempts: 3, delayMs: 6_000, factor: 1, delayMsMax: 6_000 };
