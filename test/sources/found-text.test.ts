import { expect, test } from 'vitest';
import { foundText } from '../../src/sources/found-text.ts';

test.each([
  [{ recovered: 4, skipped: 0, what: 'file changes' }, '4 file changes'],
  [
    { recovered: 1, skipped: 2, what: 'file changes' },
    '1 file change, 2 file changes skipped by policy',
  ],
  [
    { recovered: 0, skipped: 1, what: 'occurrences of a schedule' },
    '1 occurrence of a schedule skipped by policy',
  ],
])('%j is told as "%s"', (found, text) => {
  expect(foundText(found)).toBe(text);
});
