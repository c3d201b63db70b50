import { describe, expect, test } from 'vitest';
import { arrive, isOpen, pathAfter, stepAt, stepsWithin } from '../../src/runs/position.ts';
import { choiceOf, flowOf, positive, scopeOf, stepOf } from './pieces.ts';

const flow = flowOf(
  stepOf({ id: 'a' }),
  choiceOf(
    [stepOf({ id: 'b' }), choiceOf([stepOf({ id: 'c' })], [stepOf({ id: 'd' })])],
    [stepOf({ id: 'e' })],
  ),
  stepOf({ id: 'f' }),
);

test('a path leads to its step, through choices', () => {
  const paths = Array.from(stepsWithin(flow.steps), ([at, { id }]) => [at, id]);
  expect(paths).toEqual([
    ['0', 'a'],
    ['1', 'choice'],
    ['1.then.0', 'b'],
    ['1.then.1', 'choice'],
    ['1.then.1.then.0', 'c'],
    ['1.then.1.else.0', 'd'],
    ['1.else.0', 'e'],
    ['2', 'f'],
  ]);
  for (const [at = '', id] of paths) expect(stepAt(flow, at)?.id).toBe(id);
});

test.each(['3', '1.then.2', '0.then.0', '1.then.1.then.5', '1.other.0', '1.then', 'x'])(
  'the path "%s" leads nowhere',
  (at) => {
    expect(stepAt(flow, at)).toBeUndefined();
  },
);

test('behind a step comes the next of its list, behind the last what follows its choice', () => {
  const after = ['0', '1', '1.then.0', '1.then.1', '1.then.1.then.0', '1.else.0', '2'];
  expect(after.map((at) => pathAfter(flow, at))).toEqual([
    '1',
    '2',
    '1.then.1',
    '2',
    '2',
    '2',
    undefined,
  ]);
});

describe('a run arrives', () => {
  const one = scopeOf({ n: 1 });
  const none = scopeOf({ n: 0 });

  test('at the first step of what its choice leads to', () => {
    expect(arrive(flow, '1', one)).toEqual({ kind: 'step', at: '1.then.0' });
    expect(arrive(flow, '1', none)).toEqual({ kind: 'step', at: '1.else.0' });
    expect(arrive(flow, '1.then.1', none)).toEqual({ kind: 'step', at: '1.then.1.else.0' });
  });

  test('behind a choice that has nothing for it', () => {
    const short = flowOf(choiceOf([stepOf({ id: 'b' })]), stepOf({ id: 'f' }));
    expect(arrive(short, '0', none)).toEqual({ kind: 'step', at: '1' });
    expect(arrive(flowOf(choiceOf([stepOf()])), '0', none)).toEqual({ kind: 'end' });
  });

  test('behind the steps whose guards do not hold', () => {
    const guarded = flowOf(stepOf({ id: 'a', guard: positive }), stepOf({ id: 'b' }));
    expect(arrive(guarded, '0', one)).toEqual({ kind: 'step', at: '0' });
    expect(arrive(guarded, '0', none)).toEqual({ kind: 'step', at: '1' });
    expect(arrive(flowOf(stepOf({ guard: positive })), '0', none)).toEqual({ kind: 'end' });
  });

  test('nowhere behind the last step, nor where the flow has none', () => {
    expect(arrive(flow, undefined, one)).toEqual({ kind: 'end' });
    expect(arrive(flow, '9', one)).toEqual({ kind: 'end' });
  });

  test.each([
    ['guard', flowOf(stepOf({ guard: positive }))],
    ['choice', flowOf(choiceOf([stepOf()]))],
  ])('and is lost at a %s that has no value', (_, broken) => {
    const lost = { kind: 'lost', at: '0', message: 'no such key: n' };
    expect(arrive(broken, '0', scopeOf({}))).toEqual(lost);
  });
});

test('only conditions make it open which step comes first', () => {
  const steps = [stepOf(), undefined, stepOf({ guard: positive }), choiceOf([stepOf()])];
  expect(steps.map(isOpen)).toEqual([false, false, true, true]);
});
