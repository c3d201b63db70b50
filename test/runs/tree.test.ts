import { describe, expect, test } from 'vitest';
import { findRun } from '../../src/views/run-page.ts';
import type { Flow } from '../../src/flows/flow.ts';
import { choiceOf, flowOf, positive, stepOf } from './pieces.ts';
import { done, held, names, refused, scripted } from './scripted.ts';
import { Workshop } from './workshop.ts';

const retry = { attempts: 2, delayMs: 1_000, factor: 2, delayMsMax: 60_000 };
const failed = { kind: 'fail', error: refused.error } as const;

/** Before a choice stands a step, behind it another. */
const forked = flowOf(
  stepOf({ id: 'first', output: 'made' }),
  choiceOf([stepOf({ id: 'yes', effect: 'ask' })], [stepOf({ id: 'no' })]),
  stepOf({ id: 'last', input: [names('made'), names('steps')] }),
);

async function stepsOf(shop: Workshop, id: number, flow: Flow): Promise<string[]> {
  const catalog = { hash: 'c1', files: [], flows: new Map([[flow.name, flow]]) };
  const reader = {
    store: shop.store,
    catalogAt: async () => catalog,
    status: () => ({ lag: 0, paused: [] }),
  };
  const run = await findRun(reader, String(id));
  return (run?.steps ?? []).map((step) => `${step.id} ${step.state}`);
}

describe('a run comes to a choice', () => {
  test.each([
    ['and does what it leads to', '{"n":1}', ['first', 'yes', 'last'], 'no'],
    ['and does the other thing', '{"n":0}', ['first', 'no', 'last'], 'yes'],
  ])('%s', async (_, data, called, skipped) => {
    const { calls, act } = scripted(done);
    const shop = await Workshop.open({ flow: forked, act });
    const id = await shop.begin(data);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(called);
    const given = calls.at(-1)?.input as [string, Record<string, unknown>];
    expect([given[0], Object.keys(given[1])]).toEqual(['ok', called.slice(0, 2)]);
    expect(await stepsOf(shop, id, forked)).toContain(`${skipped} skipped`);
  });

  test('whose condition has no value, and fails there without a call', async () => {
    const { calls, act } = scripted(done);
    const shop = await Workshop.open({ flow: forked, act });
    const row = await shop.reaches(await shop.begin('{}'), 'failed');
    expect(calls.map(({ step }) => step)).toEqual(['first']);
    expect(row).toMatchObject({ at: '1', reason: 'no such key: n' });
    expect(await stepsOf(shop, row.id, forked)).toEqual([
      'first succeeded',
      'choice failed',
      'yes pending',
      'no pending',
      'last pending',
    ]);
  });

  test('at its very beginning', async () => {
    const flow = flowOf(choiceOf([stepOf({ id: 'yes' })]), stepOf({ id: 'last' }));
    const { calls, act } = scripted(done);
    const shop = await Workshop.open({ flow, act });
    await shop.reaches(await shop.begin('{"n":1}'), 'succeeded');
    await shop.reaches(await shop.begin('{"n":0}'), 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['yes', 'last', 'last']);
    const lost = await shop.reaches(await shop.begin('{}'), 'failed');
    expect(lost.reason).toBe('no such key: n');
  });

  test('out of the queue', async () => {
    const flow = flowOf(choiceOf([stepOf({ id: 'yes' })], [stepOf({ id: 'no' })]));
    const { calls, act } = scripted(done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.queue('{"n":0}');
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step, attempt }) => [step, attempt])).toEqual([['no', 1]]);
    expect(await shop.types(id)).toEqual(['step.started', 'run.succeeded']);
  });
});

test('a run whose every guard says no had nothing to do', async () => {
  const flow = flowOf(stepOf({ id: 'a', guard: positive }), choiceOf([stepOf({ id: 'b' })]));
  const { calls, act } = scripted(done);
  const shop = await Workshop.open({ flow, act });
  const id = await shop.begin('{"n":0}');
  await shop.reaches(id, 'noop');
  expect(calls).toEqual([]);
  expect(await shop.types(id)).toEqual(['run.noop']);
  expect(await stepsOf(shop, id, flow)).toEqual(['a skipped', 'b skipped']);
  expect(shop.runner.lanes.taken).toBe(0);
});

test('a condition that holds no more when its step is to begin ends the run', async () => {
  let asked = 0;
  const fickle = { text: 'fickle', test: () => ++asked === 1 };
  const flow = flowOf(stepOf({ id: 'a' }), stepOf({ id: 'b', effect: 'ask', guard: fickle }));
  const { calls, act } = scripted(done);
  const shop = await Workshop.open({ flow, act });
  const id = await shop.begin();
  await shop.reaches(id, 'succeeded');
  expect(calls.map(({ step }) => step)).toEqual(['a']);
  expect(await stepsOf(shop, id, flow)).toEqual(['a succeeded', 'b skipped']);
});

test('a step that finds nothing to do ends its run, and what follows is passed over', async () => {
  const flow = flowOf(stepOf({ id: 'look' }), stepOf({ id: 'work' }));
  const { act } = scripted({ kind: 'noop' });
  const shop = await Workshop.open({ flow, act });
  const id = await shop.begin();
  await shop.reaches(id, 'noop');
  expect(await stepsOf(shop, id, flow)).toEqual(['look noop', 'work skipped']);
});

describe('a run goes on without a step that failed', () => {
  const flow = flowOf(
    stepOf({ id: 'try', onError: 'continue', retry }),
    stepOf({ id: 'then', input: [names('steps'), names('output')] }),
  );

  test('when its retries are used up, and tells later steps why', async () => {
    const { calls, act } = scripted(refused, refused, done);
    const shop = await Workshop.open({ flow, act });
    await shop.runner.start();
    const id = await shop.begin();
    await shop.pass(2_000);
    await shop.reaches(id, 'succeeded');
    expect(await shop.types(id)).toEqual([
      'step.retrying',
      'step.started',
      'step.failed',
      'run.succeeded',
    ]);
    const error = { code: refused.error.code, message: refused.error.message };
    expect(calls.at(-1)?.input).toEqual([{ try: { error } }, null]);
    expect(await stepsOf(shop, id, flow)).toEqual(['try failed', 'then succeeded']);
  });

  test('that is its last', async () => {
    const last = flowOf(stepOf({ id: 'only', onError: 'continue' }));
    const shop = await Workshop.open({ flow: last, act: scripted(failed).act });
    const id = await shop.begin();
    await shop.reaches(id, 'succeeded');
    expect(await stepsOf(shop, id, last)).toEqual(['only failed']);
  });
});

describe('a daemon that dies', () => {
  test('within a choice goes on there, and knows what was given before', async () => {
    const shop = await Workshop.open({ flow: forked, act: held().act });
    const id = await shop.begin('{"n":0}');
    await shop.settle();
    const first = await shop.reopen({ act: scripted(done).act });
    await first.runner.start();
    await first.reaches(id, 'succeeded');

    const { calls, act, release } = held();
    const second = await Workshop.open({ flow: forked, act });
    const other = await second.begin('{"n":0}');
    await second.until(() => calls.length === 1);
    release();
    await second.until(() => calls.at(-1)?.step === 'no');
    const last = scripted(done);
    const third = await second.reopen({ act: last.act });
    await third.runner.start();
    await third.reaches(other, 'succeeded');
    expect(last.calls.map(({ step }) => step)).toEqual(['no', 'last']);
    const steps = { first: { output: 'ok' }, no: { output: 'ok' } };
    expect(last.calls[1]?.input).toEqual(['ok', steps]);
  });

  test('before a condition was asked asks it', async () => {
    const flow = flowOf(choiceOf([stepOf({ id: 'yes' })], [stepOf({ id: 'no' })]));
    const shop = await Workshop.open({ flow, act: scripted(done).act });
    const id = await shop.queue('{"n":1}');
    const { calls, act } = scripted(done);
    const next = await shop.reopen({ act });
    await next.runner.start();
    await next.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['yes']);
  });
});

describe('a step’s whole time', () => {
  const flow = flowOf(
    stepOf({ id: 'slow', totalMs: 5_000, timeoutMs: 4_000, retry: { ...retry, attempts: 9 } }),
  );

  test('cuts its last attempt short, and ends its retries', async () => {
    const shop = await Workshop.open({
      flow,
      act: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('told to end')));
        }),
    });
    await shop.runner.start();
    const started = shop.clock.now();
    const id = await shop.begin();
    await shop.pass(10_000);
    const row = await shop.reaches(id, 'failed');
    expect(row.reason).toContain('its total timeout of 5 s would be over');
    expect((row.ended ?? 0) - started).toBeLessThanOrEqual(5_000);
  });

  test('begins anew with each step', async () => {
    const two = flowOf(
      stepOf({ id: 'one', totalMs: 3_000, retry }),
      stepOf({ id: 'two', totalMs: 3_000, retry }),
    );
    const later = { ...refused, afterMs: 2_500 };
    const { calls, act } = scripted(later, done, later, done);
    const shop = await Workshop.open({ flow: two, act });
    await shop.runner.start();
    const id = await shop.begin();
    await shop.pass(10_000);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['one', 'one', 'two', 'two']);
  });
});
