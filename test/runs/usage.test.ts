import { describe, expect, test } from 'vitest';
import { findRun } from '../../src/views/run-page.ts';
import type { Flow } from '../../src/flows/flow.ts';
import type { StepResult } from '../../src/runs/step-kind.ts';
import { plus, type Usage } from '../../src/runs/usage.ts';
import { flowOf, stepOf } from './pieces.ts';
import { done, names, scripted } from './scripted.ts';
import { Workshop } from './workshop.ts';

const retry = { attempts: 3, delayMs: 1_000, factor: 1, delayMsMax: 1_000 };
const error = { code: 'x', message: 'cut', happened: 'maybe' } as const;
const asked = stepOf({ id: 'ask', retry, usualNames: ['summary', 'answer'] });

function cost(input_tokens: number, output_tokens: number, given = {}): Usage {
  return { input_tokens, output_tokens, model: 'm-1', ...given };
}

function cut(usage?: Usage): StepResult {
  return { kind: 'retry', error: usage === undefined ? error : { ...error, usage } };
}

async function usagesOf(shop: Workshop, id: number, flow: Flow): Promise<unknown> {
  const catalog = { hash: 'c1', files: [], flows: new Map([[flow.name, flow]]) };
  const reader = {
    store: shop.store,
    catalogAt: async () => catalog,
    status: () => ({ lag: 0, paused: [] }),
  };
  const run = await findRun(reader, String(id));
  return run?.steps.map(({ usage }) => usage);
}

describe('what a step was paid for', () => {
  test('is summed up over its attempts, and the next of them is told', async () => {
    const flow = flowOf(asked, stepOf({ id: 'after' }));
    const answered: StepResult = { ...done, usage: cost(10, 5, { cost: 0.2 }) } as StepResult;
    const { calls, act } = scripted(cut(cost(10, 2, { cost: 0.1 })), cut(), answered, done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    for (let attempt = 1; attempt < 3; attempt++) {
      await shop.reaches(id, 'waiting');
      shop.clock.advance(1_000);
      await shop.until(() => calls.length > attempt);
    }
    await shop.reaches(id, 'succeeded');
    const spent = cost(10, 2, { cost: 0.1 });
    expect(calls.map((call) => call.spent)).toEqual([undefined, spent, spent, undefined]);
    expect(await usagesOf(shop, id, flow)).toEqual([cost(20, 7, { cost: 0.3 }), null]);
    expect(await shop.journal(id)).toContainEqual(
      expect.objectContaining({ type: 'step.completed', usage: cost(10, 5, { cost: 0.2 }) }),
    );
  });

  test('stands in the end of a run too, and is known to the next process', async () => {
    const flow = flowOf(asked);
    const shop = await Workshop.open({ flow, act: scripted(cut(cost(1, 1))).act });
    const id = await shop.begin();
    await shop.reaches(id, 'waiting');
    const { calls, act } = scripted({ kind: 'done', output: 'ok', usage: cost(1, 2) });
    const next = await shop.reopen({ act });
    await next.runner.start();
    next.clock.advance(1_000);
    await next.reaches(id, 'succeeded');
    expect(calls.map((call) => call.spent)).toEqual([cost(1, 1)]);
    expect(await usagesOf(next, id, flow)).toEqual([cost(2, 3)]);
  });

  test('is counted once where the flow does something about the failure', async () => {
    const flow = { ...flowOf(asked), onFailure: [stepOf({ id: 'tell' })] };
    const fail: StepResult = { kind: 'fail', error: { ...error, usage: cost(4, 4) } };
    const shop = await Workshop.open({ flow, act: scripted(fail, done).act });
    const id = await shop.begin();
    await shop.reaches(id, 'failed');
    expect(await usagesOf(shop, id, flow)).toEqual([cost(4, 4), null]);
  });

  test('that is no number is a mistake of the kind, and no attempt', async () => {
    const flow = flowOf(stepOf({ id: 'ask', retry: { ...retry, attempts: 1 } }));
    const wrong = { ...done, usage: { input_tokens: 'x' } } as unknown as StepResult;
    const shop = await Workshop.open({ flow, act: scripted(wrong).act });
    const row = await shop.reaches(await shop.begin(), 'failed');
    expect(row.reason).toContain('gave no result');
  });

  test('is summed up with and without a price', () => {
    expect(plus(undefined, undefined)).toBeUndefined();
    expect(plus(cost(1, 1), cost(2, 2, { cost: 0.1 }))).toEqual(cost(3, 3, { cost: 0.1 }));
    const unnamed = { input_tokens: 1, output_tokens: 1 };
    expect(plus(cost(1, 1), unnamed)).toEqual(cost(2, 2));
    expect(plus(unnamed, unnamed)).toEqual({ input_tokens: 2, output_tokens: 2 });
  });
});

test('a step that names no output leaves its result under its usual names', async () => {
  const after = stepOf({ id: 'after', input: [names('summary'), names('answer'), names('own')] });
  const flow = flowOf(asked, stepOf({ id: 'named', output: 'own', usualNames: ['answer'] }), after);
  const { calls, act } = scripted({ kind: 'done', output: 'first' }, done, done);
  const shop = await Workshop.open({ flow, act });
  await shop.reaches(await shop.begin(), 'succeeded');
  expect(calls.at(-1)?.input).toEqual(['first', 'first', 'ok']);
});
