import { describe, expect, test } from 'vitest';
import { born, evolve, type Run } from '../../src/runs/evolve.ts';
import type { JournalEvent, RunStarted } from '../../src/runs/journal.ts';
import { runOf } from './pieces.ts';

const RECEIVED = 9_000;
const place = { at: '0', step: 'build' };
const error = { code: 'step.threw', message: 'it broke', happened: 'maybe' } as const;
const start: RunStarted = {
  type: 'run.started',
  flow: 'deploy',
  catalog: 'c1',
  event: 4,
  epoch: 3,
  at: '0',
  attempt: 1,
  due: null,
  lane: 'deploy',
};

describe('a run is born', () => {
  const birth = { received: RECEIVED, correlation: 'root', hops: 2 };

  test('under way where it has a slot', () => {
    const expected = runOf({ event: 4, hops: 2, started: RECEIVED });
    expect(born(start, birth)).toEqual(expected);
  });

  test('queued where it has none', () => {
    const run = born({ ...start, attempt: 0, due: 50 }, birth);
    expect(run).toEqual(
      runOf({ event: 4, hops: 2, started: RECEIVED, state: 'queued', attempt: 0, due: 50 }),
    );
  });
});

describe('after one more record a run', () => {
  type Case = readonly [given: Partial<Run>, when: JournalEvent, then: Partial<Run>];
  const done = { ...place, output: null };
  const cases: readonly Case[] = [
    [{}, start, {}],
    [
      { state: 'queued', attempt: 1, due: 5, reason: 'it broke' },
      { type: 'step.started', ...place, attempt: 2, epoch: 8, crashes: 1 },
      { state: 'running', attempt: 2, epoch: 8, crashes: 1, due: null, reason: null },
    ],
    [
      { attempt: 4, crashes: 2, reason: 'it broke' },
      { type: 'step.completed', ...done, next: { at: '1', attempt: 1 } },
      { at: '1', attempt: 1, crashes: 0, reason: null },
    ],
    [
      { state: 'waiting', due: 5 },
      { type: 'step.completed', ...done, next: { at: '1', attempt: 0 }, epoch: 8 },
      { state: 'running', at: '1', attempt: 0, due: null, epoch: 8 },
    ],
    [
      { crashes: 1 },
      { type: 'step.retrying', ...place, attempt: 1, error, due: 70 },
      { state: 'waiting', crashes: 1, due: 70, reason: 'it broke' },
    ],
    [{}, { type: 'step.waiting', ...place, due: 70 }, { state: 'waiting', due: 70 }],
    [
      {},
      { type: 'step.unknown', ...place, attempt: 1, error },
      { state: 'waiting', due: null, reason: 'it broke' },
    ],
    [
      { state: 'waiting', due: 5 },
      { type: 'run.succeeded', ...done },
      { state: 'succeeded', due: null, ended: RECEIVED },
    ],
    [
      {},
      { type: 'run.failed', ...place, attempt: 1, error },
      { state: 'failed', ended: RECEIVED, reason: 'it broke' },
    ],
    [
      { attempt: 3, crashes: 1, reason: 'it broke' },
      { type: 'step.failed', ...place, attempt: 3, error, next: { at: '1.then.0', attempt: 1 } },
      { at: '1.then.0', attempt: 1, crashes: 0, reason: null },
    ],
    [
      { state: 'queued', due: 5 },
      { type: 'run.noop', ...place },
      { state: 'noop', due: null, ended: RECEIVED, reason: null },
    ],
  ];

  test.each(cases)('%j, %j, is %j', (given, when, then) => {
    const before = runOf(given);
    expect(evolve(before, when, RECEIVED)).toEqual({ ...before, ...then });
    expect(before).toEqual(runOf(given));
  });
});

describe('the reason in a row', () => {
  function reasonOf(message: string): string | null {
    const failed = { type: 'run.failed', ...place, attempt: 1 } as const;
    return evolve(runOf(), { ...failed, error: { ...error, message } }, RECEIVED).reason;
  }

  test('is cut, since the whole of it is in the log', () => {
    expect(reasonOf('x'.repeat(1_000))).toBe('x'.repeat(1_000));
    expect(reasonOf('x'.repeat(5_000_000))).toBe('x'.repeat(1_000));
  });

  test('holds nothing that no store could give back', () => {
    expect(reasonOf('a\0b\ud800c\u{1f6a6}')).toBe('a\ufffdb\ufffdc\u{1f6a6}');
    expect(reasonOf(`${'x'.repeat(999)}\u{1f6a6}`)).toBe(`${'x'.repeat(999)}\ufffd`);
  });
});
