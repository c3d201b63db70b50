import { describe, expect, test } from 'vitest';
import type { Step } from '../../src/flows/flow.ts';
import type { Motion } from '../../src/runs/motion.ts';
import { Suspensions } from '../../src/runs/suspensions.ts';
import type { StepResult } from '../../src/runs/step-kind.ts';
import { stepOf } from './pieces.ts';

const motion = (state = 'running', attempt = 2): Motion =>
  ({ flow: { name: 'deploy' }, run: { at: '0', state, attempt } }) as unknown as Motion;
const idempotent: Step = stepOf();
const failed: StepResult = {
  kind: 'fail',
  error: { code: 'run.failed', message: 'it was killed', happened: 'maybe' },
};

function suspended(flow: string | null): Suspensions {
  const suspensions = new Suspensions();
  suspensions.begin(flow, 'ann');
  return suspensions;
}

describe('a flow whose runs stop where they are', () => {
  test.each([null, 'deploy'])('begins nothing: %s', (flow) => {
    const suspensions = suspended(flow);
    const before = (move: Parameters<Suspensions['before']>[2]['move']): string | undefined =>
      suspensions.before(motion(), idempotent, { move, now: 5 })?.type;
    expect(before({ kind: 'call' })).toBe('step.parked');
    expect(before({ kind: 'arrive' })).toBe('step.parked');
    expect(before({ kind: 'fork' })).toBe('step.parked');
    expect(before({ kind: 'complete' })).toBeUndefined();
    expect(before({ kind: 'verify' })).toBeUndefined();
    suspensions.end(flow);
    expect(before({ kind: 'call' })).toBeUndefined();
  });

  test('leaves alone what is broken off by a death, and other flows', () => {
    const record = { type: 'run.noop', at: '0', step: 'build' } as const;
    const move = { kind: 'call', record } as const;
    expect(suspended(null).before(motion(), idempotent, { move, now: 5 })).toBeUndefined();
    const call = { move: { kind: 'call' }, now: 5 } as const;
    expect(suspended('other').before(motion(), idempotent, call)).toBeUndefined();
  });

  test('has a command that was told to end called again, as a further attempt', () => {
    expect(suspended('deploy').after(motion(), idempotent, failed, 5)).toMatchObject({
      type: 'step.retrying',
      attempt: 2,
      due: 5,
      error: { code: 'step.suspended', happened: 'maybe' },
    });
  });

  test.each([
    ['has ended well', idempotent, { kind: 'done', output: null } as const],
    ['must not be repeated', stepOf({ effect: 'ask' }), failed],
    ['is asked about first', stepOf({ effect: 'verify' }), failed],
  ])('takes the result of what %s', (_, step, result) => {
    expect(suspended(null).after(motion(), step, result, 5)).toBeUndefined();
  });

  test('tells nothing to end that rests, or of which it knows no step', () => {
    expect(suspended(null).stops(motion('waiting'), idempotent)).toBe(false);
    expect(suspended(null).stops(motion(), undefined)).toBe(false);
    expect(suspended(null).stops(motion(), idempotent)).toBe(true);
  });
});
