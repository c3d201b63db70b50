import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { loadDriver } from '../../src/store/sqlite/driver.ts';
import { restoreCopy } from '../../src/store/sqlite/restore.ts';
import { openDirectoryStore } from '../../src/store/sqlite/store.ts';
import type { LogRecord, Store } from '../../src/store/contract.ts';
import { firstOf, range, readAll } from '../store/conformance/fixture.ts';
import { event, NOON, open, unit } from '../store/conformance/units.ts';

const WORKER = new URL('../../dist/store/sqlite/worker.js', import.meta.url);

/** A folder that is gone after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A store of a folder, closed after the test. */
export async function openStore(folder: string): Promise<Store> {
  const store = await openDirectoryStore(folder, WORKER);
  onTestFinished(() => store.close());
  return store;
}

/** What backups met that were taken while events came. */
export interface LoadReport {
  readonly backups: number;
  readonly events: number;
  /** The longest that an append waited, in milliseconds. */
  readonly waitedMs: number;
}

/** Takes backups under load, restores each, and compares it record by record and row by row. */
export async function backupUnderLoad(count: number): Promise<LoadReport> {
  const folder = newFolder();
  const store = await openStore(folder);
  await Promise.all(range(1, 500).map((n) => store.append(unit(event({ data: `${n}` })))));
  const stop = load(store);
  const backups: { readonly file: string; readonly head: number }[] = [];
  for (const n of range(1, count)) {
    const least = store.head();
    const file = join(folder, `${n}.backup`);
    const report = await store.care?.backup(file);
    expect(report?.head).toBeGreaterThanOrEqual(least);
    backups.push({ file, head: report?.head ?? 0 });
  }
  const waitedMs = await stop();
  expect(store.head()).toBeGreaterThan(backups.at(-1)?.head ?? 0);
  const all = await readAll(store);
  for (const backup of backups) await expectEqual(store, all, backup);
  return { backups: count, events: store.head(), waitedMs };
}

async function expectEqual(
  store: Store,
  all: readonly LogRecord[],
  { file, head }: { readonly file: string; readonly head: number },
): Promise<void> {
  const directory = newFolder();
  restoreCopy({ driver: await loadDriver(), file, directory, replace: false, now: NOON });
  const restored = await openDirectoryStore(directory, WORKER);
  expect((await readAll(restored)).slice(0, head)).toEqual(all.slice(0, head));
  const rows = await store.runs({ limit: 1_000, before: head + 1 });
  expect(await restored.runs({ limit: 1_000 })).toEqual(rows);
  const report = await restored.verify({ deep: true, progress: () => {} });
  expect(report).toEqual({ events: head + 2, firstBad: null });
  await restored.close();
}

/** Appends without a pause until it is told to stop; resolves to the longest wait. */
function load(store: Store): () => Promise<number> {
  const stopping = new AbortController();
  const work = (async () => {
    let waitedMs = 0;
    while (!stopping.signal.aborted) {
      const large = event({ data: JSON.stringify('x'.repeat(70_000)) });
      const begun = performance.now();
      const results = await Promise.all([
        ...range(1, 4).map((n) => store.append(unit(event({ data: `{"n":${n}}` })))),
        store.append(unit(open(), large)),
      ]);
      waitedMs = Math.max(waitedMs, performance.now() - begun);
      results.forEach(firstOf);
    }
    return waitedMs;
  })();
  return async () => {
    stopping.abort();
    return work;
  };
}
