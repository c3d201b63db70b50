import { describe, expect, test } from 'vitest';
import { unifiedDiff } from '../../src/std/unified-diff.ts';

/** Lines with these words, each ended by a newline. */
function text(words: string): string {
  return words
    .split(' ')
    .map((word) => `${word}\n`)
    .join('');
}

/** As many lines as this, each with its number and this word. */
function numbered(count: number, word: string): string[] {
  return Array.from({ length: count }, (_, index) => `${word} ${index + 1}`);
}

/** A diff of these lines. */
function diff(...lines: string[]): string {
  return lines.join('\n');
}

describe('what differs', () => {
  test('is nothing between equal texts', () => {
    expect(unifiedDiff('', '')).toBe('');
    expect(unifiedDiff(text('a b'), text('a b'))).toBe('');
  });

  test.each([
    ['a line inserted at the start', 'b c', 'a b c', ['+a', ' b', ' c']],
    ['a line inserted between', 'a c', 'a b c', [' a', '+b', ' c']],
    ['a line appended', 'a b', 'a b c', [' a', ' b', '+c']],
    ['a line deleted at the start', 'a b c', 'b c', ['-a', ' b', ' c']],
    ['a line deleted between', 'a b c', 'a c', [' a', '-b', ' c']],
    ['a line deleted at the end', 'a b c', 'a b', [' a', ' b', '-c']],
    ['a line changed', 'a b c', 'a x c', [' a', '-b', '+x', ' c']],
    ['one of equal lines deleted', 'a a a', 'a a', [' a', ' a', '-a']],
    ['one more of equal lines', 'a a', 'a a a', [' a', ' a', '+a']],
    ['lines kept between changed ones', 'a k b', 'x k y', ['-a', '+x', ' k', '-b', '+y']],
    ['a line moved down', 'm a b', 'a b m', ['-m', ' a', ' b', '+m']],
    ['a line moved up', 'a b m', 'm a b', ['+m', ' a', ' b', '-m']],
    ['nothing kept', 'a b', 'x y z', ['-a', '-b', '+x', '+y', '+z']],
  ])('is shown for %s', (_, before, after, lines) => {
    expect(unifiedDiff(text(before), text(after))).toBe(diff('@@ -1 +1 @@', ...lines));
  });

  test('keeps the longest common part', () => {
    // The example of Myers, “An O(ND) Difference Algorithm”: five edits, four lines kept.
    const lines = unifiedDiff(text('a b c a b b a'), text('c b a b a c')).split('\n').slice(1);
    expect(lines.filter((line) => line.startsWith(' '))).toHaveLength(4);
    expect(lines.filter((line) => line.startsWith('-'))).toHaveLength(3);
    expect(lines.filter((line) => line.startsWith('+'))).toHaveLength(2);
  });

  test('is all of a text that was, or became, empty', () => {
    expect(unifiedDiff('', text('a b'))).toBe(diff('@@ -1 +1 @@', '+a', '+b'));
    expect(unifiedDiff(text('a b'), '')).toBe(diff('@@ -1 +1 @@', '-a', '-b'));
  });

  test('counts blank lines', () => {
    expect(unifiedDiff('a\n\n', 'a\n')).toBe(diff('@@ -1 +1 @@', ' a', '-'));
  });
});

describe('a last line without a newline', () => {
  const MARK = String.raw`\ No newline at end of file`;

  test('says so where it lost its newline, and where it got one', () => {
    expect(unifiedDiff('a\n', 'a')).toBe(diff('@@ -1 +1 @@', ' a', `+${MARK}`));
    expect(unifiedDiff('a', 'a\n')).toBe(diff('@@ -1 +1 @@', ' a', `-${MARK}`));
  });

  test('is told from one that only reads as if it said so', () => {
    const shown = diff('@@ -1 +1 @@', ' a', `-${MARK}`, `+${MARK}`);
    expect(unifiedDiff(`a\n${MARK}\n`, 'a')).toBe(shown);
  });

  test('says so where neither text has one', () => {
    expect(unifiedDiff('a', 'b')).toBe(diff('@@ -1 +1 @@', '-a', '+b', ` ${MARK}`));
  });
});

describe('the context', () => {
  test('is three lines before and after', () => {
    expect(unifiedDiff(text('1 2 3 4 5 6 7 8 9'), text('1 2 3 4 x 6 7 8 9'))).toBe(
      diff('@@ -2 +2 @@', ' 2', ' 3', ' 4', '-5', '+x', ' 6', ' 7', ' 8'),
    );
  });

  test('of changes six lines apart is one part', () => {
    expect(unifiedDiff(text('a 1 2 3 4 5 6 b'), text('x 1 2 3 4 5 6 y'))).toBe(
      diff('@@ -1 +1 @@', '-a', '+x', ' 1', ' 2', ' 3', ' 4', ' 5', ' 6', '-b', '+y'),
    );
  });

  test('of changes farther apart is two parts, each with where it starts in either text', () => {
    expect(unifiedDiff(text('1 2 3 4 5 6 7 b'), text('x y 1 2 3 4 5 6 7'))).toBe(
      diff(
        diff('@@ -1 +1 @@', '+x', '+y', ' 1', ' 2', ' 3'),
        diff('@@ -5 +7 @@', ' 5', ' 6', ' 7', '-b'),
      ),
    );
  });
});

describe('of long texts', () => {
  test('what is equal at the start and at the end does not count for the limit', () => {
    const [head, tail] = [numbered(3_000, 'head'), numbered(3_000, 'tail')];
    const around = (word: string): string => diff(...head, word, ...tail, '');
    expect(unifiedDiff(around('a'), around('b'))).toBe(
      diff(
        diff('@@ -2998 +2998 @@', ' head 2998', ' head 2999', ' head 3000'),
        diff('-a', '+b', ' tail 1', ' tail 2', ' tail 3'),
      ),
    );
  });

  test('what both have between is kept up to 2000 lines', () => {
    const old = diff('a', ...numbered(1_998, 'same'), 'b', '');
    expect(unifiedDiff(old, diff('x', 'same 1000', 'y', ''))).toContain('\n same 1000\n');
  });

  test.each(['before', 'after'])('beyond 2000 lines %s, all is taken for different', (which) => {
    const [long, short] = [
      ['a', ...numbered(1_999, 'same'), 'b'],
      ['x', 'same 1000', 'y'],
    ];
    const [old, present] = which === 'before' ? [long, short] : [short, long];
    expect(unifiedDiff(diff(...old, ''), diff(...present, ''))).toBe(
      diff('@@ -1 +1 @@', ...old.map((line) => `-${line}`), ...present.map((line) => `+${line}`)),
    );
  });
});
