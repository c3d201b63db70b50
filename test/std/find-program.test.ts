import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findProgram } from '../../src/std/find-program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'programs-'));
  mkdirSync(join(folder, 'first/tool'), { recursive: true });
  mkdirSync(join(folder, 'second'));
  writeFileSync(join(folder, 'second/tool'), '', { mode: 0o755 });
  writeFileSync(join(folder, 'second/text'), '', { mode: 0o644 });
  writeFileSync(join(folder, 'here'), '', { mode: 0o755 });
  symlinkSync('nowhere', join(folder, 'second/broken'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ['tool', 'second/tool'],
  ['second/tool', 'second/tool'],
  ['./here', 'here'],
])('%s is found, past what is no program', (name, path) => {
  const found = findProgram(name, folder, `${join(folder, 'first')}:second`);
  expect(found).toEqual({ kind: 'found', path: join(folder, path) });
});

test.each([
  ['absent', 'not_found'],
  ['broken', 'not_found'],
  ['./absent', 'not_found'],
  ['text', 'not_executable'],
  ['first', 'not_found'],
  ['./first', 'not_executable'],
])('%s is %s', (name, kind) => {
  expect(findProgram(name, folder, join(folder, 'second'))).toEqual({ kind });
});

test('without a path, a plain name is looked up where the command runs', () => {
  expect(findProgram('here', folder)).toEqual({ kind: 'found', path: join(folder, 'here') });
});
