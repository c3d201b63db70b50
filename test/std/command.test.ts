import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { unstartedReason } from '../../src/std/command.ts';

test.each([
  ['ENOENT', 'not_found'],
  ['EACCES', 'not_executable'],
  ['ENOEXEC', 'not_executable'],
  ['E2BIG', 'too_long'],
  ['EMFILE', 'unavailable'],
  ['EAGAIN', 'unavailable'],
  ['ENOMEM', 'unavailable'],
  ['', 'unavailable'],
])('a command that fails to start by %s is %s', (code, reason) => {
  expect(unstartedReason(code, tmpdir())).toBe(reason);
});

test.each(['/nowhere', '/dev/null', '/dev/null/x'])(
  'what misses its directory %s says so',
  (directory) => {
    expect(unstartedReason('ENOENT', directory)).toBe('no_directory');
    expect(unstartedReason('ENOTDIR', directory)).toBe('no_directory');
  },
);
