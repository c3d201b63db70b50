import { expect, test } from 'vitest';
import { parseByteSize } from '../../src/std/byte-size.ts';

test.each([
  ['100B', 100],
  ['64KiB', 65_536],
  ['1 MiB', 1_048_576],
])('%s is %i bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

test.each(['', '100', '1MB', '-1B', '1.5MiB', '1 GiB', '1MiB '])('"%s" is no size', (text) => {
  expect(parseByteSize(text)).toBeUndefined();
});
