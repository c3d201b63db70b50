import { expect, test } from 'vitest';
import { formatByteSize, parseByteSize } from '../../src/std/byte-size.ts';

test.each([
  ['100B', 100],
  ['64KiB', 65_536],
  ['1 MiB', 1_048_576],
  ['2GiB', 2_147_483_648],
])('%s is %i bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

test.each(['', '100', '1MB', '-1B', '1.5MiB', '1 PiB', '1MiB '])('"%s" is no size', (text) => {
  expect(parseByteSize(text)).toBeUndefined();
});

test.each([
  [0, '0 B'],
  [812, '812 B'],
  [1_024, '1 KiB'],
  [1_500_000, '1.4 MiB'],
  [21_474_836_480, '20 GiB'],
])('%i bytes are shown as %s', (bytes, shown) => {
  expect(formatByteSize(bytes)).toBe(shown);
});
