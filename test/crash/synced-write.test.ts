import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { straceWorks } from './writer-process.ts';

const WRITER = fileURLToPath(new URL('one-write.mjs', import.meta.url));

/** Where no process may be traced, nothing is known of what is on disk but that it was written. */
const TRACED = straceWorks();

test('a write outlasts a power cut with the folders that it makes', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'synced-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folders = TRACED ? [root, join(root, 'new'), join(root, 'new/deep')] : [];
  expect(syncedBy(root, 'new/deep/file')).toEqual(expect.arrayContaining(folders));
  // Whoever wrote the same text before may have died before its name was on disk.
  expect(syncedBy(root, 'new/deep/file')).toEqual(expect.arrayContaining(folders.slice(2)));
});

/** What one write of the tool has put on disk by the time it is done. */
function syncedBy(root: string, path: string): string[] {
  const trace = join(root, 'trace');
  const watching = ['-f', '-y', '-qq', '-o', trace, '-e', 'trace=fsync'];
  const writing = [process.execPath, WRITER, root, path];
  const [program = '', ...args] = TRACED ? ['strace', ...watching, ...writing] : writing;
  expect(spawnSync(program, args).status).toBe(0);
  expect(existsSync(join(root, path))).toBe(true);
  if (!TRACED) return [];
  const calls = readFileSync(trace, 'utf8').matchAll(/ fsync\(\d+<([^>]*)>/g);
  return Array.from(calls, ([, synced = '']) => synced);
}
