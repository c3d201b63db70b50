import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { straceWorks } from './writer-process.ts';

const WRITER = fileURLToPath(new URL('one-write.mjs', import.meta.url));

test('a write outlasts a power cut with the folders that it makes', () => {
  if (!straceWorks())
    return console.log('what a write syncs: not tried, since nothing can watch it');
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'synced-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folders = [root, join(root, 'new'), join(root, 'new/deep')];
  expect(syncedBy(root, 'new/deep/file')).toEqual(expect.arrayContaining(folders));
  // Whoever wrote the same text before may have died before its name was on disk.
  expect(syncedBy(root, 'new/deep/file')).toEqual(expect.arrayContaining(folders.slice(2)));
});

/** What one write of the tool has put on disk by the time it is done. */
function syncedBy(root: string, path: string): string[] {
  const trace = join(root, 'trace');
  const watching = ['-f', '-y', '-qq', '-o', trace, '-e', 'trace=fsync'];
  const { status } = spawnSync('strace', [...watching, process.execPath, WRITER, root, path]);
  expect(status).toBe(0);
  const calls = readFileSync(trace, 'utf8').matchAll(/ fsync\(\d+<([^>]*)>/g);
  return Array.from(calls, ([, synced = '']) => synced);
}
