import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../../src/store/contract.ts';
import type { LogReport } from '../../../src/store/verification.ts';
import { loadDriver } from '../../../src/store/sqlite/driver.ts';
import { openDirectoryStore } from '../../../src/store/sqlite/store.ts';
import { range } from '../conformance/fixture.ts';
import { cursorOf, event, moving, windowOf } from '../conformance/units.ts';

const driver = await loadDriver();
const WORKER = new URL('../../../dist/store/sqlite/worker.js', import.meta.url);
/** More than are looked at together. */
const CURSORS = 2_500;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-verifier-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** In a thread, since only its end lets go of the file for certain. */
function open(folder: string): Promise<Store> {
  return openDirectoryStore(folder, WORKER);
}

function tamper(folder: string, sql: string): void {
  const db = driver.open(join(folder, 'signalbox.db'));
  db.exec(sql);
  db.close();
}

async function write(folder: string): Promise<void> {
  const store = await open(folder);
  await store.append({ ...moving('router', 0, 1, event()), windows: [windowOf('k', 7)] });
  for (const first of range(0, CURSORS / 500 - 1)) {
    const keys = range(first * 500, first * 500 + 499);
    await store.append({ writes: [], cursors: keys.map((n) => cursorOf(`k${n}`, `${n}`)) });
  }
  await store.append({ writes: [], cursors: [cursorOf('a', '1', 'poll:feed')] });
  await store.close();
}

async function verify(folder: string, deep: boolean): Promise<LogReport['firstBad']> {
  const store = await open(folder);
  const { firstBad } = await store.verify({ deep, progress: () => {} });
  await store.close();
  return firstBad;
}

test.each([
  [`UPDATE cursors SET value = '18' WHERE key = 'k17'`, 'what the source files:docs remembers'],
  [`UPDATE cursors SET key = 'k17x' WHERE key = 'k17'`, 'what the source files:docs remembers'],
  [`UPDATE cursors SET source = 'poll:' WHERE key = 'a'`, 'what the source poll: remembers'],
  [`UPDATE cursors SET sum = '' WHERE key = 'k999'`, 'what the source files:docs remembers'],
  [`UPDATE windows SET due = 8`, 'a window of the flow build'],
  [`UPDATE checkpoints SET seq = 0`, 'the checkpoint of router'],
])('a deep look finds the row that something else has changed: %s', async (sql, what) => {
  const folder = newFolder();
  await write(folder);
  expect(await verify(folder, true)).toBe(null);
  tamper(folder, sql);
  expect((await verify(folder, true))?.reason).toBe(`${what} is not what was written`);
  expect(await verify(folder, false)).toBe(null);
});

test('a cursor that something else has changed is nothing that a source is told', async () => {
  const folder = newFolder();
  await write(folder);
  tamper(folder, `UPDATE cursors SET value = '18' WHERE key = 'k17'`);
  const store = await open(folder);
  const asked = store.cursors({ source: 'files:docs', limit: 1_000 });
  await expect(asked).rejects.toMatchObject({ code: 'data.corrupt' });
  const others = await store.cursors({ source: 'poll:feed', limit: 9 });
  expect(others).toEqual([{ key: 'a', value: '1' }]);
  await store.close();
});
