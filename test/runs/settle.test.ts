import { describe, expect, test } from 'vitest';
import type { Effect } from '../../src/flows/flow.ts';
import type { JournalEvent } from '../../src/runs/journal.ts';
import type { Run } from '../../src/runs/evolve.ts';
import { settle } from '../../src/runs/settle.ts';
import type { StepError, StepResult } from '../../src/runs/step-kind.ts';
import { flowOf, runOf, stepOf } from './pieces.ts';

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

function settled(result: StepResult, given: Given = {}): JournalEvent {
  const step = stepOf({ retry, effect: given.effect ?? 'idempotent' });
  const flow = given.last === true ? flowOf(step) : flowOf(step, stepOf({ id: 'send' }));
  const instant = { now: NOW, random: () => given.draw ?? 0.5 };
  return settle(runOf(given.run), { flow, step }, result, instant);
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
