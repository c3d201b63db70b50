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
  const { begin, stop } = load(store);
  const backups: { readonly file: string; readonly head: number }[] = [];
  for (const n of range(1, count)) {
    begin();
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

/** What comes during each backup: it bounds what the disk has to hold and a check to read. */
const ROUNDS_EACH = 400;
/** In how many of these rounds a payload comes that is stored by itself. */
const LARGE_EACH = 50;

/** Appends that come without a pause. */
interface Appending {
  /** A backup begins: as much comes again as one is to meet. */
  readonly begin: () => void;
  /** Ends it; resolves to the longest that an append waited, in milliseconds. */
  readonly stop: () => Promise<number>;
}

function load(store: Store): Appending {
  const stopping = new AbortController();
  let [left, waitedMs] = [0, 0];
  let wake = (): void => {};
  const work = (async () => {
    while (!stopping.signal.aborted) {
      if (left === 0) await new Promise<void>((resolve) => (wake = resolve));
      else
        waitedMs = Math.max(waitedMs, await appendRound(store, left-- > ROUNDS_EACH - LARGE_EACH));
    }
  })();
  const go = (rounds: number): void => {
    left = rounds;
    wake();
  };
  const stop = async (): Promise<number> => {
    stopping.abort();
    go(0);
    await work;
    return waitedMs;
  };
  return { begin: () => go(ROUNDS_EACH), stop };
}

/** Resolves to how long it took, in milliseconds. */
async function appendRound(store: Store, hasLarge: boolean): Promise<number> {
  const begun = performance.now();
  const round = range(1, 4).map((n) => store.append(unit(event({ data: `{"n":${n}}` }))));
  const large = JSON.stringify('x'.repeat(70_000));
  if (hasLarge) round.push(store.append(unit(open(), event({ data: large }))));
  (await Promise.all(round)).forEach(firstOf);
  return performance.now() - begun;
}
