import { describe, expect, test } from 'vitest';
import type { ActionStep } from '../../src/flows/flow.ts';
import { Attempts, failure, OUTPUT_LENGTH_MAX } from '../../src/runs/attempt.ts';
import type { StepKind, StepResult } from '../../src/runs/step-kind.ts';
import { RetryableError, SignalboxError, TerminalError } from '../../src/std/errors.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { contextOf } from '../fixtures/step-context.ts';
import { stepOf } from './pieces.ts';

const GRACE_MS = 10_000;
const HOUR_MS = 3_600_000;
const done: StepResult = { kind: 'done', output: 'built' };

interface Called {
  readonly clock: SimulatedClock;
  readonly attempts: Attempts;
  readonly result: Promise<StepResult>;
}

/** Calls a step that does as it is told. */
function call(
  execute: StepKind['execute'],
  fields: Partial<ActionStep> = {},
  stopped = false,
): Called {
  const clock = new SimulatedClock();
  const attempts = new Attempts(clock);
  if (stopped) attempts.stop();
  const kind = { execute } as StepKind;
  const step = stepOf(fields);
  const result = attempts.call(kind, step, { run: 1, limitMs: step.timeoutMs }, (leash) => {
    return contextOf(null, { signal: leash.signal });
  });
  return { clock, attempts, result };
}

/** A step that says how it ends when it is told to. */
function untilAborted(end: () => StepResult): StepKind['execute'] {
  return ({ signal }) =>
    new Promise((resolve) => {
      if (signal.aborted) resolve(end());
      else signal.addEventListener('abort', () => resolve(end()));
    });
}

const never: StepKind['execute'] = () => new Promise(() => {});

describe('a step that ends by itself', () => {
  test.each<StepResult>([
    done,
    { kind: 'done', output: null },
    { kind: 'wait', until: 5 },
    { kind: 'fail', error: { code: 'x', message: 'no', happened: 'no', detail: 'why' } },
    { kind: 'retry', error: { code: 'x', message: 'later', happened: 'maybe' }, afterMs: 5 },
  ])('gives what it says: %j', async (said) => {
    const { clock, result } = call(async () => said);
    await expect(result).resolves.toEqual(said);
    expect(clock.untilNext()).toBeUndefined();
  });

  test.each<readonly [string, unknown, object]>([
    [
      'an error',
      new Error('broke'),
      { kind: 'retry', error: { code: 'step.threw', message: 'broke', happened: 'maybe' } },
    ],
    [
      'no error',
      'broke',
      { kind: 'retry', error: { code: 'step.threw', message: 'broke', happened: 'maybe' } },
    ],
    [
      'that it may succeed later',
      new RetryableError('busy'),
      { kind: 'retry', error: { code: 'step.retryable', message: 'busy', happened: 'maybe' } },
    ],
    [
      'when it may succeed',
      new RetryableError('busy', { afterMs: 90 }),
      {
        kind: 'retry',
        afterMs: 90,
        error: { code: 'step.retryable', message: 'busy', happened: 'maybe' },
      },
    ],
    [
      'that it never will',
      new TerminalError('gone', { code: 'x.gone' }),
      { kind: 'fail', error: { code: 'x.gone', message: 'gone', happened: 'maybe' } },
    ],
  ])('and throws %s', async (_, thrown, then) => {
    const { result } = call(async () => {
      throw thrown;
    });
    await expect(result).resolves.toEqual(then);
  });

  test('and throws before it has begun to wait', async () => {
    const { result } = call(() => {
      throw new Error('at once');
    });
    await expect(result).resolves.toMatchObject({ kind: 'retry', error: { message: 'at once' } });
  });
});

describe('what a step gives', () => {
  test.each([
    [OUTPUT_LENGTH_MAX - 2, 'done'],
    [OUTPUT_LENGTH_MAX - 1, 'fail'],
  ])('of %i characters and two quotes is %s', async (length, kind) => {
    const { result } = call(async () => ({ kind: 'done', output: 'x'.repeat(length) }));
    await expect(result).resolves.toMatchObject({ kind });
  });

  test('and is too large names the step, and says that it may have happened', async () => {
    const { result } = call(async () => ({
      kind: 'done',
      output: 'x'.repeat(2 * OUTPUT_LENGTH_MAX),
    }));
    await expect(result).resolves.toMatchObject({
      error: {
        code: 'step.output_too_large',
        happened: 'maybe',
        message: expect.stringContaining('"build"'),
      },
    });
  });

  test.each([
    ['a circle', circle()],
    ['nothing at all', undefined],
    ['a number beyond JSON', 1n],
  ])('and is no JSON is a failure: %s', async (_, output) => {
    const { result } = call(async () => ({ kind: 'done', output: output as null }));
    await expect(result).resolves.toMatchObject({ kind: 'retry', error: { code: 'step.threw' } });
  });

  test.each<unknown>([
    undefined,
    'done',
    {},
    { kind: 'done', output: null, emits: 'built' },
    { kind: 'done', output: null, emits: ['built'] },
    { kind: 'wait', until: 'tomorrow' },
    { kind: 'fail' },
    { kind: 'fail', error: 'broke' },
    { kind: 'fail', error: { code: 'x' } },
    { kind: 'retry', error: { message: 'broke' } },
  ])('and is no result at all is a failure: %j', async (given) => {
    const { result } = call(async () => given as StepResult);
    const error = { code: 'step.threw', message: expect.stringContaining('gave no result') };
    await expect(result).resolves.toMatchObject({ kind: 'retry', error });
  });

  test('may hold what it emits', async () => {
    const given: StepResult = { kind: 'done', output: null, emits: [{ type: 'built', data: 1 }] };
    await expect(call(async () => given).result).resolves.toEqual(given);
  });

  test('of a failure is cut to what somebody may read', async () => {
    const detail = `${'x'.repeat(9_000_000)}the end`;
    const error = { code: 'x', message: 'm'.repeat(9_000_000), happened: 'no', detail } as const;
    const result = await call(async () => ({ kind: 'fail', error })).result;
    if (result.kind !== 'fail') throw new Error(`expected a failure, got ${result.kind}`);
    expect(result.error.message).toHaveLength(8_192);
    expect(result.error.detail).toHaveLength(65_536);
    expect(result.error.detail?.endsWith('the end')).toBe(true);
  });
});

describe('a step that is not prepared', () => {
  test.each<readonly [unknown, string]>([
    [new SignalboxError('template.undefined', 'no "x"'), 'template.undefined'],
    [new Error('no "x"'), 'step.input_invalid'],
    ['no "x"', 'step.input_invalid'],
  ])('is never called: %s is %s', async (thrown, code) => {
    let called = false;
    const kind = {
      execute: async () => {
        called = true;
        return done;
      },
    } as unknown as StepKind;
    const clock = new SimulatedClock();
    const result = new Attempts(clock).call(kind, stepOf(), { run: 1, limitMs: 60_000 }, () => {
      throw thrown;
    });
    await expect(result).resolves.toEqual(failure(code, 'no "x"'));
    expect(called).toBe(false);
    expect(clock.untilNext()).toBeUndefined();
  });
});

describe('a step that takes too long', () => {
  const timedOut = { code: 'step.timeout', happened: 'maybe' };

  test('is told to end, and has failed', async () => {
    const ended: StepResult = {
      kind: 'fail',
      error: { code: 'x', message: 'ended', happened: 'no', detail: 'last words' },
    };
    const { clock, result } = call(
      untilAborted(() => ended),
      { timeoutMs: 500 },
    );
    clock.advance(500);
    await expect(result).resolves.toMatchObject({
      kind: 'retry',
      error: { ...timedOut, detail: 'last words' },
    });
    expect(clock.untilNext()).toBeUndefined();
  });

  test('says nothing of what it has not said', async () => {
    const { clock, result } = call(
      untilAborted(() => ({ kind: 'wait', until: 1 })),
      { timeoutMs: 500 },
    );
    clock.advance(500);
    expect(await result).not.toHaveProperty('error.detail');
  });

  test('is done where it is done in the end', async () => {
    const { clock, result } = call(
      untilAborted(() => done),
      { timeoutMs: 500 },
    );
    clock.advance(500);
    await expect(result).resolves.toEqual(done);
  });

  test('is left behind where it does not listen', async () => {
    const { clock, result } = call(never, { timeoutMs: 500 });
    clock.advance(500 + GRACE_MS);
    await expect(result).resolves.toMatchObject({ kind: 'retry', error: timedOut });
    expect(clock.untilNext()).toBeUndefined();
  });

  test('and throws when it is told to end has taken too long', async () => {
    const execute: StepKind['execute'] = async (context) => {
      await untilAborted(() => done)(context);
      throw new TerminalError('aborted');
    };
    const { clock, result } = call(execute, { timeoutMs: 500 });
    clock.advance(500);
    await expect(result).resolves.toMatchObject({ kind: 'retry', error: timedOut });
  });

  test.each([500, HOUR_MS, HOUR_MS + 1, 30 * HOUR_MS])(
    'has all of its %i ms',
    async (timeoutMs) => {
      let told = false;
      const { clock, result } = call(
        untilAborted(() => {
          told = true;
          return done;
        }),
        { timeoutMs },
      );
      clock.advance(timeoutMs - 1);
      expect(told).toBe(false);
      clock.advance(1);
      expect(told).toBe(true);
      await result;
    },
  );

  test('of many hours and ends earlier leaves no timer behind', async () => {
    let end: (result: StepResult) => void = () => {};
    const { clock, result } = call(() => new Promise((resolve) => (end = resolve)), {
      timeoutMs: 9 * HOUR_MS,
    });
    clock.advance(2.5 * HOUR_MS);
    end(done);
    await result;
    expect(clock.untilNext()).toBeUndefined();
  });
});

test('a step may look at its signal again and again', async () => {
  const attempts = new Attempts(new SimulatedClock());
  const kind = { execute: async () => done } as unknown as StepKind;
  await attempts.call(kind, stepOf(), { run: 1, limitMs: 60_000 }, (leash) => {
    expect(leash.signal).toBe(leash.signal);
    return contextOf(null);
  });
});

describe('when the daemon stops', () => {
  test('a step under way is told to end, once', async () => {
    let told = 0;
    const { attempts, clock, result } = call(
      untilAborted(() => {
        told++;
        return done;
      }),
      { timeoutMs: 500 },
    );
    expect(attempts.stopped).toBe(false);
    attempts.stop();
    clock.advance(500);
    attempts.stop();
    await expect(result).resolves.toEqual(done);
    expect(told).toBe(1);
    expect(attempts.stopped).toBe(true);
  });

  test('a step that does not listen is left behind', async () => {
    const { attempts, clock, result } = call(never);
    attempts.stop();
    clock.advance(GRACE_MS);
    await expect(result).resolves.toMatchObject({
      kind: 'retry',
      error: { code: 'step.retryable' },
    });
  });

  test('a later step is told as it begins, and left behind too', async () => {
    const listens = call(
      untilAborted(() => done),
      {},
      true,
    );
    await expect(listens.result).resolves.toEqual(done);
    const { clock, result } = call(never, {}, true);
    clock.advance(GRACE_MS);
    await expect(result).resolves.toMatchObject({
      kind: 'retry',
      error: { code: 'step.retryable' },
    });
  });

  test('a step that never looked at its signal is left behind as well', async () => {
    const clock = new SimulatedClock();
    const attempts = new Attempts(clock);
    const context = contextOf(null);
    const result = attempts.call(
      { execute: never } as StepKind,
      stepOf(),
      { run: 1, limitMs: 60_000 },
      () => context,
    );
    attempts.stop();
    clock.advance(GRACE_MS);
    await expect(result).resolves.toMatchObject({ kind: 'retry' });
  });
});

function circle(): unknown {
  const round: { self?: unknown } = {};
  round.self = round;
  return round;
}
