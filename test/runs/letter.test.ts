import { describe, expect, test } from 'vitest';
import { born } from '../../src/runs/evolve.ts';
import type { JournalEvent } from '../../src/runs/journal.ts';
import { eventLetter, runLetter } from '../../src/runs/letter.ts';
import { unitProblem } from '../../src/store/unit-problem.ts';
import { ownRecord } from '../../src/store/record.ts';

const error = { code: 'run.failed', message: 'It broke.', happened: 'no' } as const;
const failed: JournalEvent = { type: 'run.failed', at: '0', step: 'build', attempt: 3, error };
const unknown: JournalEvent = { ...failed, type: 'step.unknown' };

function runOf(change: { readonly fork?: number; readonly parent?: number } = {}) {
  const started = {
    type: 'run.started',
    flow: 'ship',
    catalog: 'c',
    event: 4,
    lane: 'ship',
  } as const;
  const place = { at: '0', attempt: 1, epoch: 1, due: null };
  const birth = { received: 0, correlation: 'root', hops: 1 };
  return born({ ...started, ...place, ...change }, birth);
}

/** Why no store takes a letter; undefined where it is fine. */
function problemOf(letter: ReturnType<typeof eventLetter>): string | undefined {
  const cause = { correlation: null, causation: null, hops: 0 };
  const record = ownRecord('event.dead_lettered', '{}', 0, cause);
  return unitProblem({ writes: [{ kind: 'event', record, letter }] });
}

describe('a dead letter', () => {
  test('of an event says which flow could not take it, and why', () => {
    const said = { event: 4, flow: 'ship', code: 'expression.failed', reason: 'no "n"' };
    expect(eventLetter(said)).toEqual({
      kind: 'event',
      event: 4,
      flow: 'ship',
      run: null,
      step: null,
      attempts: 0,
      code: 'expression.failed',
      message: 'no "n"',
    });
  });

  test('of a run, or of a step that may have happened, names the step and its attempts', () => {
    const rest = { event: 4, flow: 'ship', run: 7, step: 'build', attempts: 3 };
    const said = { code: 'run.failed', message: 'It broke.' };
    expect(runLetter(7, runOf(), failed)).toEqual({ kind: 'run', ...rest, ...said });
    expect(runLetter(7, runOf(), unknown)).toEqual({ kind: 'step', ...rest, ...said });
  });

  test('is not of a run whose end another one waits for, but of its steps', () => {
    expect(runLetter(7, runOf({ parent: 5, fork: 6 }), failed)).toBeUndefined();
    expect(runLetter(7, runOf({ parent: 5, fork: 6 }), unknown)).toMatchObject({ kind: 'step' });
    expect(runLetter(7, runOf({ parent: 5 }), failed)).toMatchObject({ kind: 'run' });
  });

  test('is not of a run that goes on or ends otherwise', () => {
    expect(runLetter(7, runOf(), { type: 'run.noop', at: '0', step: 'build' })).toBeUndefined();
    expect(runLetter(7, runOf(), { ...failed, type: 'step.retrying', due: 5 })).toBeUndefined();
  });

  test('can be stored whatever the message holds', () => {
    const message = `\0 \ud800 ${'x'.repeat(5_000)}`;
    const ofEvent = eventLetter({ event: 4, flow: 'ship', code: 'c', reason: message });
    const ofRun = runLetter(7, runOf(), { ...failed, error: { ...error, message } });
    for (const letter of [ofEvent, ofRun]) {
      expect(letter?.message.length).toBe(1_000);
      expect(letter && problemOf(letter)).toBeUndefined();
    }
  });
});
