import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SystemClock } from '../../../src/std/clock.ts';
import type { LogRecord, Store } from '../../../src/store/contract.ts';
import { KeyRing } from '../../../src/store/secrets/key-ring.ts';
import { SecretTable } from '../../../src/store/secrets/secret-table.ts';
import { loadDriver } from '../../../src/store/sqlite/driver.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';

const DAY = 86_400_000;
const FIELDS = [
  { name: 'token', path: ['login', 'token'] },
  { name: 'key', path: ['keys', 1] },
];
const SENT =
  '{"login":{"user":"jo","token":"hunter2-hunter2"},"keys":["a",{"n":12345678901234567890}]}';
const SOURCE = 'webhook:a';

interface Bench {
  readonly store: Store;
  readonly table: SecretTable;
  readonly file: string;
  now: number;
}

async function openBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SystemClock();
  const store = await openSqliteStore({ path: ':memory:', driver: await loadDriver(), clock });
  onTestFinished(() => store.close());
  const file = join(folder, 'secrets.key');
  const bench = { store, file, now: 0 };
  const now = (): number => bench.now;
  const table = new SecretTable({ store, ring: new KeyRing(file), now });
  return Object.assign(bench, { table });
}

/** Seals what is secret in an event, and gives the event as it would be recorded. */
async function record({ store, table }: Bench, data = SENT, keepMs = DAY): Promise<LogRecord> {
  const taken = table.take({ source: SOURCE, data }, FIELDS, keepMs);
  await store.append({ writes: [], cursors: taken.seal(taken.data) });
  return { source: SOURCE, data: taken.data } as LogRecord;
}

async function rows({ store }: Bench): Promise<string[]> {
  const found = await store.cursors({ source: 'signalbox:secrets', limit: 100 });
  return found.map(({ value }) => value);
}

test('an event keeps references, and its secrets come back as they were sent', async () => {
  const bench = await openBench();
  const event = await record(bench);
  expect(event.data).not.toMatch(/hunter2|1234567890/);
  expect(JSON.parse(event.data)).toMatchObject({ login: { user: 'jo' } });
  expect(await bench.table.open(event, ['token', 'key'])).toEqual({
    kind: 'opened',
    values: { token: 'hunter2-hunter2', key: '{"n":12345678901234567890}' },
  });
  expect((await rows(bench)).join()).not.toMatch(/hunter2|1234567890/);
});

test('the same delivery has the same references, so that it is known again', async () => {
  const bench = await openBench();
  expect((await record(bench)).data).toBe((await record(bench)).data);
  expect(await rows(bench)).toHaveLength(2);
});

test('a secret that comes in many events opens for each, until that one expires', async () => {
  const bench = await openBench();
  const first = await record(bench);
  bench.now = DAY / 2;
  const second = await record(bench, SENT.replace('"jo"', '"al"'));
  const open = (event: LogRecord): Promise<unknown> => bench.table.open(event, ['token']);
  expect(await open(first)).toMatchObject({ kind: 'opened' });
  expect(await open(second)).toMatchObject({ kind: 'opened' });
  bench.now = DAY;
  await bench.table.tend();
  expect(await open(first)).toMatchObject({ kind: 'gone' });
  expect(await open(second)).toMatchObject({ kind: 'opened' });
});

test('a secret that stands elsewhere in the event too is taken out there', async () => {
  const bench = await openBench();
  const { data } = await record(bench, SENT.replace('"jo"', '"jo hunter2-hunter2"'));
  expect(JSON.parse(data)).toMatchObject({ login: { user: 'jo [secret]' } });
});

test('what is absent, null or empty is no secret', async () => {
  const bench = await openBench();
  const event = await record(bench, '{"login":{"token":""},"keys":[0,null]}');
  expect(event.data).toBe('{"login":{"token":""},"keys":[0,null]}');
  expect(await bench.table.open(event, ['token'])).toEqual({ kind: 'gone', name: 'token' });
});

test('no other event opens it: changed, of another source, or with another name', async () => {
  const bench = await openBench();
  const event = await record(bench);
  const renamed = event.data.replace('secret:token:', 'secret:other:');
  const forged = [
    { ...event, source: 'webhook:b' },
    { ...event, source: null },
    { ...event, data: event.data.replace('jo', 'eve') },
    { ...event, data: renamed },
  ];
  for (const each of forged) {
    expect(await bench.table.open(each, ['token'])).toEqual({ kind: 'gone', name: 'token' });
  }
  expect(await bench.table.open(forged[3] ?? event, ['other'])).toMatchObject({ kind: 'gone' });
});

test('it is gone once it has expired, and forgotten with the next look', async () => {
  const bench = await openBench();
  const event = await record(bench);
  bench.now = DAY;
  expect(await bench.table.open(event, ['token'])).toEqual({ kind: 'gone', name: 'token' });
  await bench.table.tend();
  expect(await rows(bench)).toEqual([]);
});

test('another key seals all anew, and the old one is thrown away', async () => {
  const bench = await openBench();
  const event = await record(bench, SENT, 60 * DAY);
  const [before, old] = [await rows(bench), readFileSync(bench.file, 'utf8')];
  expect(await bench.table.tend()).toBe(0);
  bench.now = 31 * DAY;
  expect(await bench.table.tend()).toBe(2);
  expect(await rows(bench)).not.toEqual(before);
  expect(await bench.table.open(event, ['token', 'key'])).toMatchObject({ kind: 'opened' });
  expect(await bench.table.tend()).toBe(0);
  const { current } = JSON.parse(old) as { current: string };
  expect(readFileSync(bench.file, 'utf8')).not.toContain(current);
  expect(await bench.table.tend(true)).toBe(2);
  expect(await bench.table.open(event, ['token'])).toMatchObject({ kind: 'opened' });
});

test('a crash between two steps of a change of the key loses nothing', async () => {
  const bench = await openBench();
  const event = await record(bench, SENT, 60 * DAY);
  const ring = new KeyRing(bench.file);
  // As far as it has come: another key is current, and nothing is sealed with it.
  ring.renew(0);
  const { store, now } = bench;
  const table = new SecretTable({ store, ring: new KeyRing(bench.file), now: () => now });
  expect(await table.open(event, ['token'])).toMatchObject({ kind: 'opened' });
  expect(await table.tend()).toBe(2);
  expect(await table.open(event, ['token'])).toMatchObject({ kind: 'opened' });
});

test('a changed bit, or another key, opens nothing', async () => {
  const bench = await openBench();
  const event = await record(bench);
  const [row] = await bench.store.cursors({ source: 'signalbox:secrets', limit: 1 });
  const found = JSON.parse(row?.value ?? '') as { sealed: string; expires: number };
  const longer = { ...found, expires: found.expires + 1 };
  const value = JSON.stringify(longer);
  const key = row?.key ?? '';
  await bench.store.append({ writes: [], cursors: [{ source: 'signalbox:secrets', key, value }] });
  const opened = await Promise.all(['token', 'key'].map((name) => bench.table.open(event, [name])));
  expect(opened.map(({ kind }) => kind).toSorted()).toEqual(['gone', 'opened']);
});

test('the keys are their owner’s alone, and a file that is none is not replaced', async () => {
  const bench = await openBench();
  await record(bench);
  expect(statSync(bench.file).mode & 0o777).toBe(0o600);
  writeFileSync(bench.file, 'x');
  const table = new SecretTable({
    store: bench.store,
    ring: new KeyRing(bench.file),
    now: () => 0,
  });
  const take = (): unknown => table.take({ source: SOURCE, data: SENT }, FIELDS, DAY);
  expect(take).toThrow(expect.objectContaining({ code: 'data.unusable' }) as Error);
  expect(readFileSync(bench.file, 'utf8')).toBe('x');
});
