import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import {
  didYouMean,
  type Finding,
  formatFinding,
  sortFindings,
  suggestion,
} from '../../src/std/diagnostics.ts';

const finding: Finding = {
  severity: 'error',
  code: 'config.unknown_key',
  message: 'unknown key "step"',
  file: 'signalbox.yaml',
  line: 4,
  column: 11,
};

describe('findings', () => {
  test('are shown as compilers show theirs, so that editors find the place', () => {
    const text = 'signalbox.yaml:4:11: error: unknown key "step" [config.unknown_key]';
    expect(formatFinding(finding)).toBe(text);
  });

  test('are sorted by file, line and column', () => {
    const places: readonly (readonly [string, number, number])[] = [
      ['b.yaml', 1, 1],
      ['a.yaml', 10, 1],
      ['a.yaml', 9, 2],
      ['a.yaml', 9, 1],
      ['B.yaml', 1, 1],
    ];
    const sorted = sortFindings(
      places.map(([file, line, column]) => ({ ...finding, file, line, column })),
    );
    expect(sorted.map(({ file, line, column }) => `${file}:${line}:${column}`)).toEqual([
      'B.yaml:1:1',
      'a.yaml:9:1',
      'a.yaml:9:2',
      'a.yaml:10:1',
      'b.yaml:1:1',
    ]);
  });
});

describe('did you mean', () => {
  const known = ['steps', 'retry', 'timeout', 'concurrency'];

  test.each([
    ['step', 'steps'],
    ['stesp', 'steps'],
    ['Retry', 'retry'],
    ['rtry', 'retry'],
    ['timeuot', 'timeout'],
    ['concurency', 'concurrency'],
    ['cnocurrecny', 'concurrency'],
  ])('"%s" was meant to be "%s"', (word, meant) => {
    expect(didYouMean(word, known)).toBe(meant);
  });

  test.each(['', 'xyz', 'st', 'completely-different', 'x'.repeat(1_000_000)])(
    'nothing is near %#',
    (word) => {
      expect(didYouMean(word, known)).toBeUndefined();
    },
  );

  test('the nearest wins, and of two equally near ones the first', () => {
    expect(didYouMean('on_fail', ['on_full', 'on_fail2', 'on_fall'])).toBe('on_fail2');
    expect(didYouMean('bat', ['cat', 'hat'])).toBe('cat');
  });

  test('a word is recognised in spite of any one slip of the hand', () => {
    const slips = fc.constantFrom('drop', 'double', 'change', 'swap');
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(), slips, (word, at, slip) => {
        expect(didYouMean(misspell(word, at % word.length, slip), known)).toBe(word);
      }),
    );
  });

  test('a suggestion is the tail of a message, or nothing', () => {
    expect(suggestion('step', known)).toBe(', did you mean "steps"?');
    expect(suggestion('xyz', known)).toBe('');
  });
});

function misspell(word: string, at: number, slip: string): string {
  const [before, char, after] = [word.slice(0, at), word.charAt(at), word.slice(at + 1)];
  if (slip === 'drop') return before + after;
  if (slip === 'double') return before + char + char + after;
  if (slip === 'change') return `${before}#${after}`;
  return before + after.slice(0, 1) + char + after.slice(1);
}
