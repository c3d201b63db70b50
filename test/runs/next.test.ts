import { describe, expect, test } from 'vitest';
import type { Effect } from '../../src/flows/flow.ts';
import type { Run } from '../../src/runs/evolve.ts';
import { begin, claim, CRASHES_MAX, following, next } from '../../src/runs/next.ts';
import { stepAt } from '../../src/runs/position.ts';
import { flowOf, noScope, runOf, stepOf } from './pieces.ts';

const EPOCH = 7;
const afterCrash = { epoch: EPOCH, afterCleanStop: false };
const afterStop = { epoch: EPOCH, afterCleanStop: true };

function started(attempt: number, crashes: number): object {
  return { type: 'step.started', at: '0', step: 'build', epoch: EPOCH, attempt, crashes };
}

describe('a flow', () => {
  const flow = flowOf(stepOf(), stepOf({ id: 'send', effect: 'ask' }));

  test('is walked step by step to its end', () => {
    expect(stepAt(flow, '0')?.id).toBe('build');
    expect(following(flow, '0', noScope)).toEqual({ at: '1', attempt: 0 });
    expect(following(flow, '1', noScope)).toBeUndefined();
    expect(stepAt(flow, '2')).toBeUndefined();
  });

  test.each<[Effect, number]>([
    ['idempotent', 1],
    ['verify', 0],
    ['ask', 0],
  ])('counts the intent to do what is %s as %i attempts', (effect, attempt) => {
    expect(following(flowOf(stepOf(), stepOf({ effect })), '0', noScope)).toEqual({
      at: '1',
      attempt,
    });
  });
});

describe('a run begins', () => {
  const origin = { catalog: 'c1', event: 4, epoch: EPOCH, lane: 'deploy' };
  const born = { type: 'run.started', flow: 'deploy', at: '0', ...origin };

  test.each<[Effect, number | null, number]>([
    ['idempotent', null, 1],
    ['verify', null, 0],
    ['ask', null, 0],
    ['idempotent', 500, 0],
  ])('with a step that is %s, queued at %s, as attempt %i', (effect, due, attempt) => {
    expect(begin(flowOf(stepOf({ effect })), origin, due)).toEqual({ ...born, due, attempt });
  });

  test('even where its flow has nothing to do', () => {
    expect(begin(flowOf(), origin, null)).toEqual({ ...born, due: null, attempt: 0 });
  });
});

describe('a run that is under way here', () => {
  test('calls a step whose intent is recorded', () => {
    expect(next(runOf({ attempt: 1 }), stepOf(), afterCrash)).toEqual({ kind: 'call' });
  });

  test('records first that a step begins which must not be repeated', () => {
    const run = runOf({ attempt: 0, crashes: 1 });
    const move = next(run, stepOf({ effect: 'ask' }), afterCrash);
    expect(move).toEqual({ kind: 'call', record: started(1, 1) });
  });
});

describe('a run that is taken over', () => {
  const session = { crash: afterCrash, stop: afterStop } as const;
  type Case = readonly [
    given: Partial<Run>,
    effect: Effect,
    after: 'crash' | 'stop',
    then: readonly [kind: 'call' | 'verify', attempt: number, crashes: number],
  ];
  const cases: readonly Case[] = [
    // Out of the queue: each try counts, and a crash before it was charged already.
    [{ state: 'queued', attempt: 0 }, 'idempotent', 'crash', ['call', 1, 0]],
    [{ state: 'queued', attempt: 0 }, 'verify', 'crash', ['call', 1, 0]],
    [{ state: 'queued', attempt: 0 }, 'ask', 'crash', ['call', 1, 0]],
    [
      { state: 'waiting', reason: 'it broke', attempt: 2, crashes: 1 },
      'idempotent',
      'crash',
      ['call', 3, 1],
    ],
    [
      { state: 'waiting', reason: 'it broke', attempt: 2, crashes: 1 },
      'verify',
      'crash',
      ['verify', 3, 1],
    ],
    [{ state: 'waiting', reason: '', attempt: 2 }, 'ask', 'stop', ['call', 3, 0]],
    // Left behind before it was called: nothing happened, whatever the step is.
    [{ attempt: 0 }, 'verify', 'crash', ['call', 1, 0]],
    [{ attempt: 0, crashes: 2 }, 'ask', 'crash', ['call', 1, 2]],
    // Left behind under way.
    [{ attempt: 1 }, 'idempotent', 'crash', ['call', 2, 1]],
    [{ attempt: 1 }, 'idempotent', 'stop', ['call', 1, 0]],
    [{ attempt: 2, crashes: 1 }, 'verify', 'crash', ['verify', 3, 2]],
    [{ attempt: 2, crashes: 2 }, 'verify', 'stop', ['verify', 2, 2]],
  ];

  test.each(cases)('%j, %s, after a %s', (given, effect, after, [kind, attempt, crashes]) => {
    const move = claim(runOf(given), stepOf({ effect }), session[after]);
    expect(move).toEqual({ kind, record: started(attempt, crashes) });
  });

  test('has waited long enough: its step is done without a call', () => {
    const run = runOf({ state: 'waiting', due: 5 });
    expect(claim(run, stepOf(), afterCrash)).toEqual({ kind: 'complete' });
  });

  test.each([afterCrash, afterStop])('does not repeat what asks, and asks: %j', (after) => {
    const move = claim(runOf({ attempt: 1 }), stepOf({ effect: 'ask' }), after);
    expect(move.kind).toBe('rest');
    expect(move).toMatchObject({
      record: {
        type: 'step.unknown',
        at: '0',
        step: 'build',
        attempt: 1,
        error: { code: 'step.unknown', happened: 'maybe' },
      },
    });
    expect(JSON.stringify(move)).toContain('step \\"build\\" was under way');
  });

  test('is set aside when its step has seen the daemon die too often', () => {
    const run = runOf({ attempt: 3, crashes: CRASHES_MAX - 1 });
    expect(claim(run, stepOf(), afterCrash)).toMatchObject({
      kind: 'rest',
      record: { type: 'run.failed', attempt: 3, error: { code: 'run.quarantined' } },
    });
    expect(claim(run, stepOf(), afterStop)).toMatchObject({ kind: 'call' });
  });

  test('is never set aside for a step that cannot have killed the daemon', () => {
    const run = runOf({ attempt: 9, crashes: 8 });
    const innocent = { ...afterCrash, blames: false };
    expect(claim(run, stepOf(), innocent)).toEqual({ kind: 'call', record: started(10, 9) });
  });
});
