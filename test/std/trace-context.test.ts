import { describe, expect, test } from 'vitest';
import {
  formatTraceparent,
  parseTraceparent,
  spanIdOf,
  traceIdOf,
} from '../../src/std/trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('a traceparent', () => {
  test.each([
    [`00-${TRACE}-${SPAN}-01`, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    [`00-${TRACE}-${SPAN}-03`, true],
    [`01-${TRACE}-${SPAN}-01-more`, true],
  ])('is read: %s', (text, sampled) => {
    expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, sampled });
  });

  test.each([
    '',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-01\n`,
  ])('is ignored where it is none: %j', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  test('is written as it is read', () => {
    for (const sampled of [true, false]) {
      const context = { traceId: traceIdOf('a'), spanId: spanIdOf('a'), sampled };
      expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
    }
  });
});

test('ids of names are the same each time, and differ between names', () => {
  expect(spanIdOf('sb1-2/build')).toBe(spanIdOf('sb1-2/build'));
  expect(spanIdOf('sb1-2/build')).not.toBe(spanIdOf('sb1-2/test'));
  expect(traceIdOf('sb1-2').startsWith(spanIdOf('sb1-2'))).toBe(false);
});
