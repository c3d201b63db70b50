import { describe, expect, test } from 'vitest';
import type { Effect, RetryPolicy, Step } from '../../src/flows/flow.ts';
import type { Scope } from '../../src/flows/scope.ts';
import type { JournalEvent } from '../../src/runs/journal.ts';
import type { Run } from '../../src/runs/evolve.ts';
import { type Called, type Passed, settle } from '../../src/runs/settle.ts';
import type { StepError, StepResult } from '../../src/runs/step-kind.ts';
import type { Json } from '../../src/std/json.ts';
import { choiceOf, flowOf, noScope, positive, runOf, scopeOf, stepOf } from './pieces.ts';

const NOW = 1_000_000;
const HUNDRED_YEARS_MS = 3_155_760_000_000;
const retry = { attempts: 3, delayMs: 1_000, factor: 2, delayMsMax: 60_000 };
const refused: StepError = { code: 'http.status', message: 'it said no', happened: 'no' };
const lost: StepError = { code: 'http.broken', message: 'nobody knows', happened: 'maybe' };

interface Given {
  readonly run?: Partial<Run>;
  readonly effect?: Effect;
  readonly last?: boolean;
  readonly draw?: number;
}

function calledOf(fields: Partial<Called> & Pick<Called, 'flow' | 'step'>): Called {
  return {
    since: NOW,
    deadline: Number.POSITIVE_INFINITY,
    heard: { after: 1, of: 1 },
    failing: undefined,
    scopeAfter: noScope,
    scopeFailing: noScope,
    ...fields,
  };
}

function settled(result: StepResult, given: Given = {}): JournalEvent {
  const step = stepOf({ retry, effect: given.effect ?? 'idempotent' });
  const flow = given.last === true ? flowOf(step) : flowOf(step, stepOf({ id: 'send' }));
  const instant = { now: NOW, random: () => given.draw ?? 0.5 };
  const called = calledOf({ flow, step });
  return settle(runOf(given.run), called, result, instant);
}

describe('a step that is done', () => {
  const done = { kind: 'done', output: { n: 1 } } as const;

  test('hands the run to the next one', () => {
    expect(settled(done)).toEqual({
      type: 'step.completed',
      at: '0',
      step: 'build',
      output: { n: 1 },
      next: { at: '1', attempt: 1 },
    });
  });

  test('is the run’s success where it is the last', () => {
    const record = { type: 'run.succeeded', at: '0', step: 'build', output: { n: 1 } };
    expect(settled(done, { last: true })).toEqual(record);
  });
});

describe('a step that waits', () => {
  test.each([
    ['until its time', NOW + 5, NOW + 5],
    ['for a time that is past', NOW - 5, NOW - 5],
    ['until the next whole millisecond', NOW + 0.25, NOW + 1],
    ['not beyond a hundred years', Number.POSITIVE_INFINITY, NOW + HUNDRED_YEARS_MS],
    ['not before the beginning of time', -1, 0],
    ['not at all for what is no time', Number.NaN, NOW],
  ])('waits %s', (_, until, due) => {
    const record = { type: 'step.waiting', at: '0', step: 'build', due };
    expect(settled({ kind: 'wait', until })).toEqual(record);
  });
});

describe('a step that fails for certain', () => {
  test.each<Effect>(['idempotent', 'verify', 'ask'])('fails its run: %s', (effect) => {
    const failed = { type: 'run.failed', at: '0', step: 'build', attempt: 1, error: lost };
    expect(settled({ kind: 'fail', error: lost }, { effect })).toEqual(failed);
  });
});

describe('a step that may succeed later', () => {
  const delays: readonly (readonly [attempt: number, draw: number, delay: number])[] = [
    [1, 0, 100],
    [1, 0.5, 550],
    [1, 1, 1_000],
    [2, 0, 200],
    [2, 1, 2_000],
  ];
  test.each(delays)('after attempt %i, drawn %f, comes back in %i ms', (attempt, draw, delay) => {
    expect(settled({ kind: 'retry', error: refused }, { run: { attempt }, draw })).toEqual({
      type: 'step.retrying',
      at: '0',
      step: 'build',
      attempt,
      error: refused,
      due: NOW + delay,
    });
  });

  test.each([
    [7_000, 7_000],
    [0, 0],
    [1_500.5, 1_501],
    [Number.POSITIVE_INFINITY, HUNDRED_YEARS_MS],
  ])('comes back after %d ms where the other side says so', (afterMs, delay) => {
    const record = settled({ kind: 'retry', error: refused, afterMs });
    expect(record).toMatchObject({ type: 'step.retrying', due: NOW + delay });
  });

  test('gives up after as many failures as its policy allows', () => {
    const record = settled({ kind: 'retry', error: refused }, { run: { attempt: 3 } });
    expect(record).toMatchObject({ type: 'run.failed', attempt: 3, error: refused });
  });

  test('does not count the attempts under which the daemon died as failures', () => {
    const run = { attempt: 4, crashes: 2 };
    const record = settled({ kind: 'retry', error: refused }, { run, draw: 1 });
    expect(record).toMatchObject({ type: 'step.retrying', due: NOW + 2_000 });
  });

  test.each<[Effect, StepError, string]>([
    ['idempotent', lost, 'step.retrying'],
    ['verify', lost, 'step.retrying'],
    ['ask', refused, 'step.retrying'],
    ['ask', lost, 'step.unknown'],
  ])('where it is %s and %j becomes %s', (effect, error, type) => {
    expect(settled({ kind: 'retry', error }, { effect })).toMatchObject({ type, error });
  });

  test('and asks is not failed on its last attempt, as it may have happened', () => {
    const record = settled({ kind: 'retry', error: lost }, { effect: 'ask', run: { attempt: 3 } });
    expect(record).toMatchObject({ type: 'step.unknown', attempt: 3, error: lost });
  });
});

describe('a step behind which conditions decide', () => {
  const done = { kind: 'done', output: { n: 1 } } as const;
  const instant = { now: NOW, random: () => 0.5 };

  /** What a step becomes whose flow goes on with `rest`, where the payload is `payload`. */
  function behind(result: StepResult, rest: readonly Step[], payload: Json, fields = {}): object {
    const step = stepOf({ retry, ...fields });
    const seen: Passed[] = [];
    const scopeAfter = (passed: Passed): Scope => {
      seen.push(passed);
      return scopeOf(payload);
    };
    const called = calledOf({ flow: flowOf(step, ...rest), step, scopeAfter });
    return { record: settle(runOf({ attempt: 3 }), called, result, instant), seen };
  }

  test('leads where they lead, given what it has become', () => {
    const rest = [choiceOf([stepOf({ id: 'b' })], [stepOf({ id: 'c', effect: 'ask' })])];
    expect(behind(done, rest, { n: 1 })).toMatchObject({
      record: { type: 'step.completed', next: { at: '1.then.0', attempt: 1 } },
      seen: [{ output: { n: 1 } }],
    });
    expect(behind(done, rest, { n: 0 })).toMatchObject({
      record: { type: 'step.completed', next: { at: '1.else.0', attempt: 0 } },
    });
  });

  test('is the run’s success where they lead nowhere', () => {
    const rest = [stepOf({ id: 'b', guard: positive })];
    expect(behind(done, rest, { n: 0 })).toMatchObject({ record: { type: 'run.succeeded' } });
  });

  test('leads to the condition that has no value, where its run will fail', () => {
    const rest = [choiceOf([stepOf({ id: 'b' })])];
    expect(behind(done, rest, {})).toMatchObject({
      record: { type: 'step.completed', next: { at: '1', attempt: 0 } },
    });
  });

  test('is gone on without where the flow says so', () => {
    const rest = [stepOf({ id: 'b', guard: positive }), stepOf({ id: 'c' })];
    const failure = { kind: 'fail', error: refused } as const;
    expect(behind(failure, rest, { n: 1 }, { onError: 'continue' })).toEqual({
      record: {
        type: 'step.failed',
        at: '0',
        step: 'build',
        attempt: 3,
        error: refused,
        next: { at: '1', attempt: 1 },
      },
      seen: [{ error: refused }],
    });
    expect(behind(failure, [], {}, { onError: 'continue' })).toMatchObject({
      record: { type: 'run.succeeded', output: null, error: refused },
    });
    expect(behind(failure, rest, { n: 1 }, { onError: 'fail' })).toMatchObject({
      record: { type: 'run.failed' },
    });
  });
});

test('a step with nothing to do ends its run', () => {
  expect(settled({ kind: 'noop' })).toEqual({ type: 'run.noop', at: '0', step: 'build' });
});

describe('a failure that its policy names', () => {
  const busy = { ...refused, status: 503 };

  function tried(result: StepResult, names: Partial<RetryPolicy>, since = NOW): JournalEvent {
    const step = stepOf({ retry: { ...retry, ...names }, totalMs: 10_000 });
    const called = calledOf({ flow: flowOf(step), step, since });
    return settle(runOf(), called, result, { now: NOW, random: () => 0.5 });
  }

  test.each<[string, Partial<RetryPolicy>, StepResult['kind'], JournalEvent['type']]>([
    ['is not retried where another is named', { retryOn: [429] }, 'retry', 'run.failed'],
    ['is retried where it is named', { retryOn: ['5xx'] }, 'retry', 'step.retrying'],
    [
      'is retried although its step holds it for final',
      { retryOn: [503] },
      'fail',
      'step.retrying',
    ],
    ['is never retried where that is said', { neverOn: [503] }, 'retry', 'run.failed'],
    ['is final where nothing is said', {}, 'fail', 'run.failed'],
  ])('%s', (_, names, kind, type) => {
    expect(tried({ kind, error: busy } as StepResult, names).type).toBe(type);
  });

  test('is not retried where that would be beyond the step’s whole time', () => {
    const failure = { kind: 'retry', error: busy, afterMs: 4_000 } as const;
    expect(tried(failure, {}, NOW - 6_000)).toMatchObject({ type: 'step.retrying' });
    expect(tried(failure, {}, NOW - 6_001)).toMatchObject({
      type: 'run.failed',
      error: {
        code: 'http.status',
        message: 'it said no (not tried again: its total timeout of 10 s would be over)',
      },
    });
  });
});
