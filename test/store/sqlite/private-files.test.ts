import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  makePrivateDirectory,
  makePrivateFiles,
  strangerIn,
} from '../../../src/store/sqlite/private-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'private-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

test('a data directory is made for its owner alone', () => {
  const path = join(folder, 'a', 'b');
  makePrivateDirectory(path);
  expect(modeOf(path)).toBe('700');
});

test('one that others may look into is closed to them, a folder with more is not', () => {
  const [empty, mixed] = [join(folder, 'empty'), join(folder, 'mixed')];
  for (const path of [empty, mixed]) mkdirSync(path, { mode: 0o755 });
  writeFileSync(join(mixed, 'README.md'), '');
  makePrivateDirectory(empty);
  makePrivateDirectory(mixed);
  expect([modeOf(empty), modeOf(mixed)]).toEqual(['700', '755']);
});

test.each([0o777, 0o770, 0o702, 0o1777])('one that others may write in is refused: %o', (mode) => {
  const path = join(folder, 'open');
  mkdirSync(path);
  chmodSync(path, mode);
  expect(() => makePrivateDirectory(path)).toThrow('chmod go-w');
});

test('one of another user is refused, and so is a link that another user made', () => {
  const theirs = { uid: 1_001, mode: 0o40_700, isSymbolicLink: () => false };
  expect(strangerIn(theirs, 1_000)).toContain('belongs to another user');
  const link = { uid: 1_001, mode: 0o120_777, isSymbolicLink: () => true };
  expect(strangerIn(link, 1_000)).toContain('belongs to another user');
  expect(strangerIn({ ...link, uid: 1_000 }, 1_000)).toBeUndefined();
});

test('the files of the database are private before SQLite writes to them', () => {
  makePrivateFiles(folder);
  const files = ['signalbox.db', 'lock.db'].map((name) => join(folder, name));
  expect(files.map(modeOf)).toEqual(['600', '600']);
  for (const file of files) chmodSync(file, 0o644);
  makePrivateFiles(folder);
  expect(files.map(modeOf)).toEqual(['600', '600']);
});
