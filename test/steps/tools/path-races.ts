import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import type { Json } from '../../../src/std/json.ts';
import { failureOf, openProject } from './using-tools.ts';

const DATA = '.signalbox';
const SECRET = 'SECRET';

const STEPS: readonly { readonly [key: string]: Json }[] = [
  { action: 'read', path: 'folder/file' },
  { action: 'read', path: 'file' },
  { action: 'read', path: 'lent/token' },
  { action: 'list', path: 'folder' },
  { action: 'append', path: 'file', content: '+' },
  { action: 'append', path: 'folder/file', content: '+' },
  { action: 'write', path: 'folder/file', content: 'inside' },
  { action: 'write', path: 'file', content: 'inside' },
];

/**
 * Uses the filesystem tool so often, while names on its paths become links, pipes and other things,
 * and expects that it never reads or changes anything outside. Resolves with what it met, counted.
 */
export async function racePaths(races: number): Promise<ReadonlyMap<string, number>> {
  const { root, around, use } = openProject({
    '../vault/file': SECRET,
    [`${DATA}/token`]: SECRET,
  });
  const secret = join(around, 'vault', 'file');
  // The tool has seen the closed folder under its name, as it has in a daemon that was started.
  await use({ tool: 'filesystem', action: 'list' });
  const stop = new SharedArrayBuffer(4);
  const workerData = { root, secret, data: DATA, stop };
  const swapper = new Worker(new URL('path-swapper.mjs', import.meta.url), { workerData });
  await once(swapper, 'message');

  const met = new Map<string, number>();
  try {
    for (let race = 0; race < races; race++) {
      const step = STEPS[race % STEPS.length];
      const result = await use({ tool: 'filesystem', ...step });
      const told = JSON.stringify(result);
      expect(told, `of ${JSON.stringify(step)}`).not.toContain(SECRET);
      const [what = ''] = failureOf(result).split(': ');
      met.set(what, (met.get(what) ?? 0) + 1);
    }
  } finally {
    Atomics.store(new Int32Array(stop), 0, 1);
    await once(swapper, 'exit');
  }
  expect(readFileSync(secret, 'utf8')).toBe(SECRET);
  expect(readdirSync(join(around, 'vault'))).toEqual(['file']);
  expect(readdirSync(around).toSorted()).toEqual(['project', 'vault']);
  expect(readFileSync(join(root, DATA, 'token'), 'utf8')).toBe(SECRET);
  return met;
}
