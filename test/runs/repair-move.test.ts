import { describe, expect, test } from 'vitest';
import type { Flow, Step } from '../../src/flows/flow.ts';
import type { MoveRequest } from '../../src/runs/repair.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import { SignalboxError } from '../../src/std/errors.ts';
import { choiceOf, eachOf, flowOf, stepOf } from './pieces.ts';
import { dyingAfter } from './dying.ts';
import { ann, bob, codeOf, differences, failed } from './repairing.ts';
import { done, names, refused } from './scripted.ts';
import { Workshop, type WorkshopOptions } from './workshop.ts';

const before = flowOf(
  stepOf({ id: 'fetch', output: 'first' }),
  stepOf({ id: 'work', input: names('steps') }),
  stepOf({ id: 'tell' }),
);

/** A workshop whose runs begin by one definition; that of catalog `c2` is another one. */
function opens(
  after: Flow,
  acts: Readonly<Record<string, StepResult | (() => StepResult)>>,
  options: Partial<WorkshopOptions> = {},
): Promise<{ shop: Workshop; calls: StepContext[] }> {
  const calls: StepContext[] = [];
  const act = async (context: StepContext): Promise<StepResult> => {
    calls.push(context);
    const result = acts[context.step] ?? done;
    return typeof result === 'function' ? result() : result;
  };
  const flow = options.flow ?? before;
  const findFlow = async (catalog: string): Promise<Flow | undefined> =>
    catalog === 'c1' ? flow : catalog === 'c2' ? after : undefined;
  const opened = Workshop.open({ findFlow, act, ...options, flow });
  return opened.then((shop) => ({ shop, calls }));
}

const toTwo: MoveRequest = { ...bob, catalog: 'c2' };

describe('a run that is moved to another catalog', () => {
  const longer = flowOf(
    stepOf({ id: 'fetch', output: 'first' }),
    choiceOf([stepOf({ id: 'work', input: names('steps'), timeoutMs: 5_000 })]),
    stepOf({ id: 'log' }),
    stepOf({ id: 'tell' }),
  );

  test('after it failed is tried again as that says, with what its steps gave', async () => {
    let works = false;
    const { shop, calls } = await opens(longer, { work: () => (works ? done : failed) });
    const id = await shop.begin('{"n":1}');
    const { version } = await shop.reaches(id, 'failed');
    const moved = await shop.runner.repair.move(id, { ...toTwo, ...ann });
    expect(moved).toMatchObject({ kind: 'done', row: { state: 'failed', catalog: 'c2' } });
    expect(await shop.store.letter(version)).toMatchObject({ state: 'open' });
    expect((await shop.journal(id)).at(-1)).toEqual({
      type: 'run.moved',
      at: '1.then.0',
      step: 'work',
      catalog: 'c2',
      from: 'c1',
      places: { '1': '1.then.0', '2': '3' },
      due: null,
      ...ann,
    });
    works = true;
    await shop.runner.repair.retry(id, bob);
    expect(await shop.store.letter(version)).toMatchObject({ state: 'retried' });
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['fetch', 'work', 'work', 'log', 'tell']);
    expect(calls[2]?.key).toBe(calls[1]?.key);
    expect(Object.keys(calls[2]?.input as object)).toEqual(['fetch']);
    expect(await shop.row(id)).toMatchObject({ catalog: 'c2', at: '3' });
    expect(await differences(shop)).toEqual([]);
  });

  test('while it waits to try again goes on at its time, and counts its attempts', async () => {
    let works = false;
    const retrying: StepResult = { kind: 'retry', error: failed.error };
    const { shop, calls } = await opens(longer, { work: () => (works ? done : retrying) });
    const id = await shop.begin('{"n":1}');
    const { due } = await shop.reaches(id, 'waiting');
    works = true;
    const moved = await shop.runner.repair.move(id, toTwo);
    expect(moved).toMatchObject({ row: { due, attempt: 1, at: '1.then.0' } });
    await shop.runner.start();
    await shop.pass(60_000);
    await shop.reaches(id, 'succeeded');
    expect(calls.filter(({ step }) => step === 'work').map(({ attempt }) => attempt)).toEqual([
      1, 2,
    ]);
    expect(await differences(shop)).toEqual([]);
  });

  test.each<[string, Step[], string[]]>([
    ['changed', [stepOf({ id: 'fetch' }), ...longer.steps.slice(1)], ['fetch']],
    ['gone', longer.steps.slice(1), ['fetch']],
    ['again', [...longer.steps.slice(1), ...longer.steps.slice(0, 1)], ['fetch']],
    ['passed', [stepOf({ id: 'check' }), ...longer.steps], ['check']],
  ])('whose done steps do not fit it: %s', async (misfit, steps, ids) => {
    const { shop, calls } = await opens({ ...before, steps }, { work: failed });
    const id = await shop.begin('{"n":1}');
    const row = await shop.reaches(id, 'failed');
    const no = await shop.runner.repair.move(id, toTwo);
    expect(codeOf(no)).toBe('run.differs');
    expect(await shop.row(id)).toEqual(row);
    expect(codeOf(await shop.runner.repair.move(id, { ...toTwo, accept: true }))).toBe('done');
    const nothing = { changed: [], gone: [], again: [], passed: [] };
    const last = (await shop.journal(id)).at(-1);
    expect(last).toMatchObject({ accepted: { ...nothing, [misfit]: ids } });
    await shop.runner.repair.retry(id, bob);
    await shop.pass(10);
    const twice = await shop.reaches(id, 'failed');
    expect(calls.map(({ step }) => step)).toEqual(['fetch', 'work', 'work']);
    expect(twice.version).toBeGreaterThan(row.version);
    expect(await differences(shop)).toEqual([]);
  });

  test('goes on at the step that the person names, where its own is gone', async () => {
    const other = flowOf(stepOf({ id: 'fetch', output: 'first' }), stepOf({ id: 'tell' }));
    const { shop, calls } = await opens(other, { work: failed });
    const id = await shop.begin();
    await shop.reaches(id, 'failed');
    const { repair } = shop.runner;
    const absent = await repair.move(id, toTwo);
    expect(absent).toMatchObject({ code: 'step.absent' });
    expect(absent).toMatchObject({ message: expect.stringContaining('there are fetch, tell') });
    expect(codeOf(await repair.move(id, { ...toTwo, at: 'fetch' }))).toBe('step.done');
    expect(codeOf(await repair.move(id, { ...toTwo, at: 'tell' }))).toBe('run.differs');
    const named = { ...toTwo, at: 'tell', accept: true };
    expect(codeOf(await repair.move(id, named))).toBe('done');
    await repair.retry(id, bob);
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['fetch', 'work', 'tell']);
    expect(await differences(shop)).toEqual([]);
  });

  test('and is held stays held, and sleeps on when it is resumed', async () => {
    let now = 0;
    const sleep = (): StepResult => ({ kind: 'wait', until: now + 60_000 });
    const { shop, calls } = await opens(
      flowOf(stepOf({ id: 'log' }), ...before.steps),
      { fetch: sleep },
      { flow: flowOf(...before.steps) },
    );
    now = shop.clock.now();
    const id = await shop.begin();
    await shop.reaches(id, 'waiting');
    const { repair } = shop.runner;
    await repair.pause(id, ann);
    expect(codeOf(await repair.move(id, { ...toTwo, accept: true }))).toBe('done');
    expect(await shop.row(id)).toMatchObject({ state: 'paused', at: '1', catalog: 'c2' });
    expect(await repair.resume(id, bob)).toMatchObject({ row: { due: now + 60_000 } });
    await shop.runner.start();
    await shop.pass(60_010);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['fetch', 'work', 'tell']);
    expect(await differences(shop)).toEqual([]);
  });

  test('and sleeps begins a step anew that is another one there', async () => {
    let now = 0;
    const sleep = (): StepResult => ({ kind: 'wait', until: now + 60_000 });
    const hurried = flowOf(stepOf({ id: 'fetch', timeoutMs: 5 }), ...before.steps.slice(1));
    const { shop, calls } = await opens(hurried, { fetch: sleep });
    now = shop.clock.now();
    const id = await shop.begin();
    await shop.reaches(id, 'waiting');
    const moved = await shop.runner.repair.move(id, toTwo);
    expect(moved).toMatchObject({ row: { state: 'waiting', attempt: 0, due: now } });
    await shop.runner.start();
    await shop.pass(10);
    expect(calls.map(({ step }) => step)).toEqual(['fetch', 'fetch']);
    await shop.pass(60_010);
    await shop.reaches(id, 'succeeded');
    expect(await differences(shop)).toEqual([]);
  });

  test.each<[string, number]>([
    ['tries again', 60_000],
    ['begins anew', 5],
  ])('undoes what it did as that says: its step %s', async (_, timeoutMs) => {
    const step = stepOf({ id: 'fetch', compensate: stepOf({ id: 'undo' }) });
    const undoes = { ...flowOf(step, stepOf({ id: 'work', timeoutMs })), isSaga: true };
    const flow = { ...flowOf(step, stepOf({ id: 'work' })), isSaga: true };
    const waits: StepResult = timeoutMs === 5 ? { kind: 'wait', until: 1e15 } : refused;
    let result: StepResult = waits;
    const { shop, calls } = await opens(undoes, { work: () => result }, { flow });
    const id = await shop.begin();
    await shop.reaches(id, 'waiting');
    expect(codeOf(await shop.runner.repair.move(id, toTwo))).toBe('done');
    result = failed;
    await shop.runner.start();
    await shop.pass(60_000);
    await shop.reaches(id, 'compensated');
    expect(calls.at(-1)?.key).toMatch(/undo/);
    expect(await differences(shop)).toEqual([]);
  });

  test('before it has begun begins there', async () => {
    const other = flowOf(stepOf({ id: 'first' }), ...before.steps);
    const { shop, calls } = await opens(other, {});
    const id = await shop.queue();
    expect(codeOf(await shop.runner.repair.move(id, toTwo))).toBe('done');
    expect(await shop.row(id)).toMatchObject({ state: 'queued', at: '0' });
    await shop.runner.start();
    await shop.pass(6_000);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['first', 'fetch', 'work', 'tell']);
    expect(await differences(shop)).toEqual([]);
  });

  test('twice has its steps where the last one says', async () => {
    const { shop } = await opens(longer, { work: failed });
    const id = await shop.begin('{"n":1}');
    await shop.reaches(id, 'failed');
    const { repair } = shop.runner;
    await repair.move(id, toTwo);
    expect(codeOf(await repair.move(id, toTwo))).toBe('run.pinned');
    expect(codeOf(await repair.move(id, { ...bob, catalog: 'c1' }))).toBe('done');
    expect(await repair.retry(id, { ...ann, from: 'fetch' })).toMatchObject({ row: { at: '0' } });
    expect(await shop.row(id)).toMatchObject({ catalog: 'c1' });
    expect(await differences(shop)).toEqual([]);
  });

  test('is left as it is where there is no such catalog, or none with its flow', async () => {
    const { shop } = await opens(longer, { work: failed });
    const id = await shop.begin('{"n":1}');
    await shop.reaches(id, 'failed');
    const { repair } = shop.runner;
    expect(codeOf(await repair.move(id, { ...bob, catalog: 'c3' }))).toBe('run.flow_absent');
    expect(codeOf(await repair.move(id, bob))).toBe('catalog.unknown');
    expect(codeOf(await repair.move(9_999, toTwo))).toBe('run.unknown');
  });

  test('is left as it is where it is under way, or others work for it', async () => {
    const forked = flowOf(eachOf('all', [stepOf({ id: 'one' })]), stepOf({ id: 'last' }));
    const { shop } = await opens(longer, { one: failed }, { flow: forked });
    const id = await shop.begin('{"items":[1]}');
    await shop.reaches(id, 'waiting');
    const { repair } = shop.runner;
    expect(codeOf(await repair.move(id, toTwo))).toBe('step.forked');
    const [branch] = await shop.store.branches({ parent: id, limit: 10 });
    expect(codeOf(await repair.move(branch?.id ?? 0, toTwo))).toBe('run.branch');
    const ended = await opens(longer, {});
    const other = await ended.shop.begin('{"n":1}');
    await ended.shop.reaches(other, 'succeeded');
    expect(codeOf(await ended.shop.runner.repair.move(other, toTwo))).toBe('run.ended');
  });

  test('passes over steps that it has not come to where the person names a later one', async () => {
    const { shop, calls } = await opens(longer, { work: failed });
    const id = await shop.begin('{"n":1}');
    await shop.reaches(id, 'failed');
    await shop.runner.repair.move(id, { ...toTwo, at: 'tell', accept: true });
    const accepted = { changed: [], gone: [], again: [], passed: ['work', 'log'] };
    expect((await shop.journal(id)).at(-1)).toMatchObject({ accepted });
    await shop.runner.repair.retry(id, bob);
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['fetch', 'work', 'tell']);
  });

  test('does not leave the steps that are done about a failure', async () => {
    const flow = { ...before, onFailure: [stepOf({ id: 'mend' })] };
    const { shop } = await opens({ ...longer, ...flow }, { work: failed, mend: refused }, { flow });
    const id = await shop.begin('{"n":1}');
    await shop.reaches(id, 'waiting');
    const { repair } = shop.runner;
    expect(codeOf(await repair.move(id, { ...toTwo, at: 'tell' }))).toBe('step.elsewhere');
    expect(codeOf(await repair.move(id, toTwo))).toBe('done');
    expect(await shop.row(id)).toMatchObject({ at: 'failure.0', catalog: 'c2' });
    expect(await differences(shop)).toEqual([]);
  });

  test('is left as it is where what it did is undone, or may have to be by branches', async () => {
    const undo = stepOf({ id: 'undo' });
    const saga: Flow = {
      ...flowOf(
        eachOf('all', [stepOf({ id: 'one', compensate: undo })]),
        stepOf({ id: 'last', compensate: undo }),
      ),
      isSaga: true,
    };
    const { shop } = await opens(longer, { last: refused, undo: refused }, { flow: saga });
    const id = await shop.begin('{"items":[1],"n":1}');
    await shop.runner.start();
    await shop.pass(10);
    await shop.reaches(id, 'waiting');
    const { repair } = shop.runner;
    expect(codeOf(await repair.move(id, toTwo))).toBe('run.forked');
    await repair.cancel(id, ann);
    await shop.pass(10);
    expect(codeOf(await repair.move(id, toTwo))).toBe('run.compensating');
  });

  test('is left as it is where the catalog cannot be read', async () => {
    const broken = new Map([
      ['c2', new SignalboxError('catalog.unreadable', 'too old')],
      ['c3', new Error('no answer')],
    ]);
    const findFlow = async (catalog: string): Promise<Flow> => {
      const error = broken.get(catalog);
      return error === undefined ? before : Promise.reject(error);
    };
    const { shop } = await opens(longer, { work: failed }, { findFlow });
    const id = await shop.begin('{"n":1}');
    await shop.reaches(id, 'failed');
    const { repair } = shop.runner;
    expect(codeOf(await repair.move(id, toTwo))).toBe('catalog.unreadable');
    await expect(repair.move(id, { ...bob, catalog: 'c3' })).rejects.toThrow('no answer');
  });

  test('goes on though its own definition is lost, where the person accepts that', async () => {
    let isLost = false;
    const findFlow = async (catalog: string): Promise<Flow> => {
      if (catalog === 'c2') return longer;
      if (isLost) throw new SignalboxError('catalog.unknown', 'gone');
      return before;
    };
    const { shop, calls } = await opens(longer, { work: failed }, { findFlow });
    const id = await shop.begin('{"n":1}');
    await shop.reaches(id, 'failed');
    isLost = true;
    const { repair } = shop.runner;
    expect(codeOf(await repair.retry(id, bob))).toBe('run.unreadable');
    expect(codeOf(await repair.move(id, toTwo))).toBe('run.differs');
    expect(codeOf(await repair.move(id, { ...toTwo, accept: true }))).toBe('done');
    expect(codeOf(await repair.retry(id, bob))).toBe('done');
    await shop.pass(10);
    expect(calls.at(-1)).toMatchObject({ step: 'work' });
    // One of which no record names a step has not begun.
    expect(codeOf(await repair.move(await shop.queue(), toTwo))).toBe('done');
    expect(await differences(shop)).toEqual([]);
  });

  test.each([0, 1, 2, 3, 4, 5, 6])(
    'is moved once, whatever its daemon dies behind: append %i',
    async (appends) => {
      let works = false;
      const acts = { work: () => (works ? done : failed) };
      const { shop } = await opens(longer, acts, { wrap: dyingAfter(appends) });
      const id = await shop.begin('{"n":1}');
      await shop.settle();
      void shop.runner.repair.move(id, toTwo);
      await shop.settle();
      works = (await shop.row(id)).catalog === 'c2';
      void shop.runner.repair.retry(id, bob);
      await shop.settle();

      const next = await shop.reopen({ wrap: (store) => store });
      await next.runner.start();
      await next.pass(6_000);
      if (!works) await next.reaches(id, 'failed');
      if (!works) await next.runner.repair.move(id, toTwo);
      works = true;
      if ((await next.row(id)).state === 'failed') await next.runner.repair.retry(id, bob);
      await next.pass(6_000);
      await next.reaches(id, 'succeeded');
      const types = await next.types(id);
      expect(types.filter((type) => type === 'run.moved')).toHaveLength(1);
      expect(await differences(next)).toEqual([]);
    },
  );
});
