import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isFile } from '../../src/std/is-file.ts';

test('a file is one, a folder and what is not there are none', () => {
  const own = fileURLToPath(import.meta.url);
  expect(isFile(own)).toBe(true);
  expect(isFile(fileURLToPath(new URL('.', import.meta.url)))).toBe(false);
  expect(isFile(`${own}.gone`)).toBe(false);
});
