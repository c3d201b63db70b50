import { expect, test } from 'vitest';
import { Arrivals } from '../../../src/views/metrics/arrivals.ts';
import { Counts, LabelNames } from '../../../src/views/metrics/counts.ts';
import { Histogram } from '../../../src/views/metrics/histogram.ts';

test('names beyond ten thousand are counted together', () => {
  const names = new LabelNames();
  const counts = new Counts();
  for (let i = 0; i < 10_050; i++) counts.add(names.of(`flow-${i}`));
  expect([...counts]).toHaveLength(10_001);
  expect(counts.get('other')).toBe(50);
  expect(names.of('flow-1')).toBe('flow-1');
});

test('arrivals are known of the latest records, and bounded below for older ones', () => {
  const arrivals = new Arrivals();
  expect(arrivals.of(1)).toBeUndefined();
  for (let seq = 11; seq <= 20_010; seq++) arrivals.note(seq, seq * 2);
  expect(arrivals.of(20_010)).toBe(40_020);
  expect(arrivals.of(20_011)).toBeUndefined();
  expect(arrivals.of(10)).toBeUndefined();
  const oldest = 20_010 - 16_384 + 1;
  expect(arrivals.of(oldest)).toBe(oldest * 2);
  expect(arrivals.of(11)).toBe(oldest * 2);
});

test('a histogram has a mean as soon as something was observed', () => {
  const histogram = new Histogram();
  expect(histogram.mean).toBeNull();
  for (const seconds of [1, 2, 6]) histogram.observe(seconds);
  expect(histogram.mean).toBe(3);
});
