import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { syncPath, writeFileAtomic } from '../../src/std/atomic-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'atomic-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file is replaced whole, with the rights that it is to have', () => {
  const file = join(folder, 'file');
  writeFileAtomic(file, 'a', 0o644);
  writeFileAtomic(file, 'b', 0o600);
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['b', 0o600]);
  expect(readdirSync(folder)).toEqual(['file']);
});

test('what cannot be put in its place leaves nothing behind', () => {
  const taken = join(folder, 'taken');
  mkdirSync(join(taken, 'inner'), { recursive: true });
  expect(() => writeFileAtomic(taken, 'a', 0o600)).toThrow('EISDIR');
  expect(readdirSync(folder)).toEqual(['taken']);
});

test('a file and the names in a folder are written to disk, where they are there', () => {
  syncPath(folder);
  expect(existsSync(join(folder, 'absent'))).toBe(false);
  expect(() => syncPath(join(folder, 'absent'))).toThrow(
    expect.objectContaining({ code: 'ENOENT' }) as Error,
  );
});
