import { describe, expect, test } from 'vitest';
import { count, describePairs, escapeLines, indent, toJsonLines } from '../../src/cli/output.ts';

describe('JSON for a terminal', () => {
  test('is the same value, and no character of it does anything', () => {
    const value = { text: '\u001b[31mred\u009b\u007f\u202eback\nline', n: [1] };
    const text = toJsonLines(value).join('\n');
    expect(JSON.parse(text)).toEqual(value);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});

describe('texts from outside', () => {
  test('keep their lines, each escaped', () => {
    expect(escapeLines('one\n\u001b[2Jtwo\r\n')).toEqual(['one', '\\u001b[2Jtwo']);
  });

  test('stand under names of one width, those without a value left out', () => {
    const pairs = [
      ['a', '1'],
      ['long', 'x\ny'],
      ['gone', null],
      ['empty', ''],
    ] as const;
    expect(describePairs(pairs)).toEqual(['a     1', 'long  x\\ny']);
  });
});

test('counts are said as a person says them', () => {
  expect([count(0, 'event'), count(1, 'event'), count(1234, 'event')]).toEqual([
    '0 events',
    '1 event',
    '1,234 events',
  ]);
});

test('an empty line stays empty where lines are moved', () => {
  expect(indent(['a', '', 'b'])).toEqual(['  a', '', '  b']);
});
