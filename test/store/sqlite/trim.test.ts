import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { StorageCare, Trim } from '../../../src/store/care.ts';
import type { Store } from '../../../src/store/contract.ts';
import { dedupeKey } from '../../../src/store/dedupe.ts';
import type { LogReport } from '../../../src/store/verification.ts';
import { loadDriver } from '../../../src/store/sqlite/driver.ts';
import { openDirectoryStore } from '../../../src/store/sqlite/store.ts';
import { firstOf, range } from '../conformance/fixture.ts';
import { advance, event, NOON, open, unit } from '../conformance/units.ts';

const driver = await loadDriver();
const WORKER = new URL('../../../dist/store/sqlite/worker.js', import.meta.url);
const LATER = NOON + 1;
const FAR = LATER + 1_000_000;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-trim-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function careOf({ care }: Store): StorageCare {
  if (care === undefined) throw new Error('The store cares for itself.');
  return care;
}

async function verify(store: Store): Promise<LogReport> {
  return store.verify({ deep: true, progress: () => {} });
}

/** Cuts the log at 6 of its 9 records, of which the third is kept. */
async function cutLog(folder: string): Promise<Store> {
  const store = await openDirectoryStore(folder, WORKER);
  const care = careOf(store);
  for (const n of range(1, 3)) {
    await store.append(unit(...range(1, 3).map((k) => event({ data: `{"n":${n * 10 + k}}` }))));
  }
  const [digest = ''] = await care.digests([3]);
  const part = await care.cuttable({ received: LATER, until: 8, records: 100 });
  expect(part).toMatchObject({ first: 1, last: 6, before: '' });
  const kept = [[3, FAR, digest]];
  const data = JSON.stringify({ first: 1, last: 6, root: part?.digest, kept });
  const said = event({ type: 'log.trimmed', source: null, data });
  const seq = firstOf(await store.append(unit(said)));
  const trim = { from: 0, to: 6, event: seq, kept: [{ seq: 3, until: FAR, digest }] };
  expect(await care.trim(trim)).toBe(true);
  expect(await care.trim(trim)).toBe(false);
  while (await care.sweep(LATER));
  return store;
}

test('a cut log begins behind the cut, and what is kept of it is proved alone', async () => {
  const folder = newFolder();
  const store = await cutLog(folder);
  const records = await store.read({ after: 0, limit: 100 });
  expect(records.map(({ seq }) => seq)).toEqual([3, 7, 8, 9, 10]);
  expect(await verify(store)).toEqual({ events: 10, trimmed: 6, firstBad: null });
  expect(await careOf(store).cut()).toMatchObject({ last: 6, event: 10, swept: 6 });
  await store.close();
  const again = await openDirectoryStore(folder, WORKER);
  expect(firstOf(await again.append(unit(event())))).toBe(11);
  expect(await verify(again)).toMatchObject({ firstBad: null });
  while (await careOf(again).sweep(FAR + 1));
  expect(await again.readAt([3])).toEqual([]);
  expect(await verify(again)).toMatchObject({ firstBad: null });
  await again.close();
});

test.each([
  [`UPDATE events SET data = '{"n":0}' WHERE seq = 3`, 3, 'the kept record'],
  ['DELETE FROM events WHERE seq = 3; DELETE FROM kept WHERE seq = 3', 3, 'that was to be kept'],
  [`UPDATE kept SET digest = 'x' WHERE seq = 3`, 3, 'the kept record'],
  [
    'INSERT INTO events SELECT 5,type,version,source,id,subject,received,correlation,causation,' +
      'hops,stream,prev,attributes,salt,data FROM events WHERE seq = 3',
    5,
    'the kept record',
  ],
  [`UPDATE events SET data = '{"n":0}' WHERE seq = 7`, 7, 'are not what was written'],
  ['DELETE FROM events WHERE seq = 7', 7, 'is missing'],
  ['UPDATE events SET salt = NULL WHERE seq = 8', 7, 'are not what was written'],
  [
    'INSERT INTO erased VALUES (8, (SELECT digest FROM kept)); UPDATE events SET salt = NULL ' +
      'WHERE seq = 8',
    7,
    'are not what was written',
  ],
])('verify finds what something else has changed: %s', async (sql, seq, reason) => {
  const folder = newFolder();
  await (await cutLog(folder)).close();
  const db = driver.open(join(folder, 'signalbox.db'));
  db.exec(sql);
  db.close();
  const store = await openDirectoryStore(folder, WORKER);
  const { firstBad } = await verify(store);
  expect(firstBad).toMatchObject({ seq });
  expect(firstBad?.reason).toContain(reason);
  await store.close();
});

test('a beginning that something else has moved is not believed', async () => {
  const folder = newFolder();
  await (await cutLog(folder)).close();
  const db = driver.open(join(folder, 'signalbox.db'));
  db.exec('UPDATE cuts SET last = 7');
  db.close();
  const store = await openDirectoryStore(folder, WORKER);
  await expect(verify(store)).rejects.toMatchObject({ code: 'data.corrupt' });
  await store.close();
});

test('nothing is cut that an open run needs, nor what a run reopens meanwhile', async () => {
  const store = await openDirectoryStore(newFolder(), WORKER);
  onTestFinished(() => store.close());
  const care = careOf(store);
  await store.append(unit(event()));
  const run = firstOf(await store.append(unit(open({ event: 1 }))));
  await store.append(unit(event()));
  const query = { received: LATER, until: 99, records: 100 };
  expect(await care.cuttable(query)).toBeUndefined();
  await store.append(unit(advance(run, run, { state: 'succeeded' })));
  const part = await care.cuttable(query);
  expect(part).toMatchObject({ last: 4 });
  const data = JSON.stringify({ first: 1, last: 4, root: part?.digest, kept: [] });
  const said = event({ type: 'log.trimmed', source: null, data });
  const seq = firstOf(await store.append(unit(said)));
  await store.append(unit(advance(run, 4, { state: 'waiting' })));
  expect(await care.trim({ from: 0, to: 4, event: seq, kept: [] })).toBe(false);

  await store.append(unit(advance(run, 6, { state: 'succeeded' })));
  expect(await care.trim({ from: 0, to: 4, event: seq, kept: [] })).toBe(true);
  while (await care.sweep(LATER));
  expect((await store.readStream(run)).map((record) => record.seq)).toEqual([2, 4, 6, 7]);
  expect((await store.readAt([1, 3])).map((record) => record.seq)).toEqual([1]);
  expect(await verify(store)).toMatchObject({ firstBad: null });
});

test('nothing is cut that an open run takes together with very many other events', async () => {
  const store = await openDirectoryStore(newFolder(), WORKER);
  onTestFinished(() => store.close());
  for (const _ of range(1, 3)) await store.append(unit(event()));
  const data = JSON.stringify({ flow: 'build', key: '', events: range(2, 20_000) });
  const closed = event({ type: 'window.closed', source: null, data });
  await store.append(unit(closed, open({ event: 4 })));
  const query = { received: LATER, until: 99, records: 100 };
  expect(await careOf(store).cuttable(query)).toMatchObject({ last: 1 });
});

/** Cuts a log behind its last cut, at most at `until`, and says so. */
async function cutAt(store: Store, until: number, kept: Trim['kept'] = []): Promise<void> {
  const care = careOf(store);
  const part = await care.cuttable({ received: LATER, until, records: 100 });
  if (part === undefined) throw new Error('Nothing is to be cut.');
  const { first, last, digest: root } = part;
  const stays = kept.map((each) => [each.seq, each.until, each.digest]);
  const data = JSON.stringify({ first, last, root, kept: stays });
  const said = event({ type: 'log.trimmed', source: null, data });
  const seq = firstOf(await store.append(unit(said)));
  expect(await care.trim({ from: first - 1, to: last, event: seq, kept })).toBe(true);
}

test('what is kept for a run may outlive its time, and goes with the run', async () => {
  const store = await openDirectoryStore(newFolder(), WORKER);
  onTestFinished(() => store.close());
  const care = careOf(store);
  await store.append(unit(event()));
  const run = firstOf(await store.append(unit(open({ event: 1 }))));
  await store.append(unit(event()));
  await store.append(unit(advance(run, run, { state: 'succeeded' })));
  const [digest = ''] = await care.digests([1]);
  await cutAt(store, 3, [{ seq: 1, until: FAR, digest }]);
  while (await care.sweep(FAR + 1));
  expect(await store.readAt([1])).toHaveLength(1);
  await cutAt(store, 4);
  while (await care.sweep(FAR + 1));
  expect(await store.readAt([1])).toEqual([]);
  expect(await verify(store)).toMatchObject({ firstBad: null });
});

test('what was said of a cut that did not come about binds no later one', async () => {
  const store = await openDirectoryStore(newFolder(), WORKER);
  onTestFinished(() => store.close());
  const care = careOf(store);
  for (const _ of range(1, 3)) await store.append(unit(event()));
  const [digest = ''] = await care.digests([1]);
  const part = await care.cuttable({ received: LATER, until: 3, records: 100 });
  const kept = [[1, FAR, digest]];
  const data = JSON.stringify({ first: 1, last: 3, root: part?.digest, kept });
  await store.append(unit(event({ type: 'log.trimmed', source: null, data })));
  await cutAt(store, 2, [{ seq: 1, until: LATER, digest }]);
  while (await care.sweep(LATER));
  await cutAt(store, 3);
  while (await care.sweep(LATER + 1));
  expect(await store.readAt([1])).toEqual([]);
  expect(await verify(store)).toMatchObject({ firstBad: null });
});

/** How often a text stands in the files of a store. */
function traces(folder: string, text: string): number {
  return ['', '-wal'].reduce((count, name) => {
    const bytes = readFileSync(join(folder, `signalbox.db${name}`), 'latin1');
    return count + bytes.split(text).length - 1;
  }, 0);
}

test('of an erased payload no byte is left, and verify says that it was erased', async () => {
  const folder = newFolder();
  const store = await openDirectoryStore(folder, WORKER);
  onTestFinished(() => store.close());
  const care = careOf(store);
  for (const n of range(1, 60)) {
    const canary = `canary-${1_000 + n}`;
    const data = JSON.stringify(n % 7 === 0 ? canary.repeat(n * 20) : canary);
    const draft = { type: 'a', source: 'cli', id: `e-${n}`, data };
    await store.append(unit(event(draft, dedupeKey(draft)), open()));
  }
  const erased = range(0, 59).map((n) => 2 * n + 1);
  for (const seq of erased) {
    const text = `canary-${1_000 + (seq + 1) / 2}`;
    const draft = { type: 'a', source: 'cli', id: `e-${(seq + 1) / 2}`, data: '' };
    expect(traces(folder, text)).toBeGreaterThan(0);
    const erasure = { seq, key: dedupeKey(draft)?.key };
    expect(await care.erase(erasure)).toBe(true);
    expect(await care.erase(erasure)).toBe(false);
    expect(traces(folder, text)).toBe(0);
    expect(await store.readAt([seq])).toMatchObject([{ data: '{"erased":true}' }]);
  }
  expect((await verify(store)).firstBad).toMatchObject({ seq: 1 });
  const said = erased.map((seq) => {
    const data = JSON.stringify({ seq, by: 'me', reason: null, matches: [] });
    return event({ type: 'event.erased', source: null, data });
  });
  await store.append(unit(...said));
  expect(await verify(store)).toEqual({ events: 180, erased: 60, firstBad: null });
  const again = { type: 'a', source: 'cli', id: 'e-1', data: '"canary-1001"' };
  expect(await store.append(unit(event(again, dedupeKey(again))))).toMatchObject({ seq: 1 });
});

test('a large payload that is kept in parts is erased with all of them', async () => {
  const folder = newFolder();
  const store = await openDirectoryStore(folder, WORKER);
  onTestFinished(() => store.close());
  await store.append(unit(event({ data: JSON.stringify('canary'.repeat(40_000)) }), event()));
  expect(await careOf(store).erase({ seq: 1, key: undefined })).toBe(true);
  expect(traces(folder, 'canary')).toBe(0);
  const matches = range(1, 4_000).map((n) => ({ kind: 'start', flow: `flow-${n}` }));
  const data = JSON.stringify({ seq: 1, by: 'me', reason: null, matches });
  await store.append(unit(event({ type: 'event.erased', source: null, data })));
  expect(await verify(store)).toMatchObject({ erased: 1, firstBad: null });
});
