import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { filesystemTool } from '../../src/steps/tools/filesystem.ts';
import { contextOf } from '../fixtures/step-context.ts';

const WRITER = fileURLToPath(new URL('endless-tool.mjs', import.meta.url));
const LENGTH = 1_000_000;
const KEY = 'sb00000000-8/publish';
const KILLS = 25;
/** How many changes one write makes at most that puts a file there whole. */
const CHANGES_MIN = 6;
/** A writer of which nothing is seen ends all the same. */
const WRITER_MS_MAX = 120_000;
/** How often it is killed at most until one death was in the middle of a write. */
const KILLS_MAX = 400;

test('a write that is killed leaves the old text or the new, and no part for long', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'half-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let parts = 0;
  for (let kill = 0; kill < KILLS || (parts === 0 && kill < KILLS_MAX); kill++) {
    // The first file is whole before it dies.
    await killedWriter(folder, CHANGES_MIN + (kill % CHANGES_MIN));
    const text = readFileSync(join(folder, 'file'), 'utf8');
    expect(['a', 'b']).toContain(text.slice(0, 1));
    expect(text === text.slice(0, 1).repeat(LENGTH)).toBe(true);
    parts += readdirSync(folder).length - 1;
  }
  // It was killed in the middle of writing at least once, or this has shown nothing.
  expect(parts).toBeGreaterThan(0);
  const context = contextOf(null, { directory: folder, key: KEY });
  await filesystemTool({ closed: [] }).run('write', context, { path: 'file', content: 'last' });
  expect(readdirSync(folder)).toEqual(['file']);
});

/**
 * Kills a writer when so many changes in its folder have been seen: to the file itself too, so that
 * one which it does not put there whole is met half written.
 */
async function killedWriter(folder: string, changes: number): Promise<void> {
  const args = [WRITER, folder, String(LENGTH), KEY];
  let count = 0;
  const watcher = watch(folder, () => {
    if (++count === changes) child.kill('SIGKILL');
  });
  const end = { timeout: WRITER_MS_MAX, killSignal: 'SIGKILL' } as const;
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], ...end });
  await once(child, 'exit');
  watcher.close();
}
