import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { filesystemTool } from '../../src/steps/tools/filesystem.ts';
import { contextOf } from '../fixtures/step-context.ts';

const WRITER = fileURLToPath(new URL('endless-tool.mjs', import.meta.url));
const LENGTH = 1_000_000;
const KEY = 'sb00000000-8/publish';
const KILLS = 25;
/** Turns of the loop within which a write is well over. */
const TURNS = 200;
/** How often it is killed at most until one death was in the middle of a write. */
const KILLS_MAX = 400;

test('a write that is killed leaves the old text or the new, and no part for long', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'half-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let parts = 0;
  for (let kill = 0; kill < KILLS || (parts === 0 && kill < KILLS_MAX); kill++) {
    await killedWriter(folder, { writes: 2 + (kill % 3), turns: (kill * 13) % TURNS });
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

/** Kills a writer so many turns of the loop after it has said so often that it writes. */
async function killedWriter(
  folder: string,
  { writes, turns }: { readonly writes: number; readonly turns: number },
): Promise<void> {
  const args = [WRITER, folder, String(LENGTH), KEY];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let count = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    if (++count !== writes) continue;
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    child.kill('SIGKILL');
  }
  await ended;
}
