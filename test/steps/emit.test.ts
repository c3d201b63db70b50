import { describe, expect, test } from 'vitest';
import { emitShape, emitStep } from '../../src/steps/emit.ts';
import { contextOf, written } from '../fixtures/step-context.ts';

describe('an emit step as it is written', () => {
  test('names one type or several, and may have data and a subject', () => {
    expect(written(emitShape, { emit: 'files.staged' })).toEqual({ emit: ['files.staged'] });
    const whole = {
      emit: ['a', '{payload.type}'],
      data: { n: 1, of: ['{payload.n}'] },
      subject: 'x',
    };
    expect(written(emitShape, whole)).toEqual(whole);
  });

  test.each([
    [{ emit: 'run.started' }, /^emit: .*Signalbox records such events itself/],
    [{ emit: ['a', 'step.completed'] }, /^emit\.1: .*Signalbox records such events itself/],
    [{ emit: '' }, /^emit: "type" is empty/],
    [{ emit: [] }, /^emit: the list is empty/],
    [{ emit: Array.from({ length: 101 }, () => 'a') }, /^emit: at most 100 types/],
    [{ emit: 'a'.repeat(256) }, /^emit: "type" has 256 characters/],
    [{ emit: 'a', subject: 'b\u0007' }, /^subject: "subject" holds a control character/],
    [{ emit: 'a', payload: 1 }, /Unrecognized key: "payload"/],
    [{ emit: 7 }, /^emit: Invalid input/],
  ])('is refused as %j', (step, message) => {
    expect(written(emitShape, step)).toEqual([expect.stringMatching(message)]);
  });
});

describe('an emit step', () => {
  test('asks for its events together with its completion', async () => {
    const input = { emit: ['a', 'b'], data: { n: 1 }, subject: 7 };
    expect(await emitStep().execute(contextOf(input))).toEqual({
      kind: 'done',
      output: null,
      emits: [
        { type: 'a', subject: '7', data: { n: 1 } },
        { type: 'b', subject: '7', data: { n: 1 } },
      ],
    });
  });

  test('emits null where it has no data, and no subject where that is null', async () => {
    const result = await emitStep().execute(contextOf({ emit: ['a'], subject: null }));
    expect(result).toMatchObject({ emits: [{ type: 'a', data: null }] });
    expect(result).not.toHaveProperty('emits.0.subject');
  });

  test.each([
    [{ emit: ['run.started'] }, 'Signalbox records such events itself'],
    [{ emit: [''] }, '"type" is empty'],
    [{ emit: ['a\nb'] }, 'control character'],
    [{ emit: [['a']] }, 'is no text'],
    [{ emit: ['a'], subject: 'x'.repeat(2_000) }, '"subject" has 2000 characters'],
  ])('fails for good where a template made %j', async (input, message) => {
    expect(await emitStep().execute(contextOf(input))).toEqual({
      kind: 'fail',
      error: {
        code: 'step.input_invalid',
        message: expect.stringContaining(message),
        happened: 'no',
      },
    });
  });
});
