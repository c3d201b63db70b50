import { expect, test } from 'vitest';
import { WrongTokens } from '../../src/server/wrong-tokens.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';

test('20,000 tries within a minute get ten answers', () => {
  const wrong = new WrongTokens(new SimulatedClock(), 10);
  const waits = Array.from({ length: 20_000 }, () => wrong.note('10.0.0.1'));
  expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(10);
});

test('each address is counted by itself', () => {
  const wrong = new WrongTokens(new SimulatedClock(), 1);
  expect([wrong.note('a'), wrong.note('b'), wrong.note('a') > 0]).toEqual([0, 0, true]);
});

test('the wait is what is left of the minute that the first try began', () => {
  const clock = new SimulatedClock();
  const wrong = new WrongTokens(clock, 1);
  wrong.note('a');
  clock.advance(20_000);
  expect(wrong.note('a')).toBe(40_000);
  clock.advance(40_000);
  expect(wrong.note('a')).toBe(0);
});

test('a step of the wall clock changes nothing', () => {
  const clock = new SimulatedClock();
  const wrong = new WrongTokens(clock, 1);
  wrong.note('a');
  clock.step(3_600_000);
  expect(wrong.note('a')).toBe(60_000);
});

test('a crowd of addresses pushes out the oldest and takes no more room', () => {
  const wrong = new WrongTokens(new SimulatedClock(), 1);
  wrong.note('first');
  for (let i = 0; i < 1_024; i++) wrong.note(`crowd-${i}`);
  expect(wrong.note('first')).toBe(0);
});
