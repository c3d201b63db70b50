import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StorageCare } from '../../../src/store/care.ts';
import type { LogRecord, Store } from '../../../src/store/contract.ts';
import { inspectCopy, writeCopy } from '../../../src/store/sqlite/copy.ts';
import { loadDriver } from '../../../src/store/sqlite/driver.ts';
import { restoreCopy } from '../../../src/store/sqlite/restore.ts';
import { openDirectoryStore } from '../../../src/store/sqlite/store.ts';
import { idOf } from '../../../src/store/record.ts';
import { backupUnderLoad, newFolder, openStore } from '../../crash/backup-load.ts';
import { firstOf, range, readAll } from '../conformance/fixture.ts';
import { advance, event, NOON, open, unit } from '../conformance/units.ts';

const driver = await loadDriver();
const WORKER = new URL('../../../dist/store/sqlite/worker.js', import.meta.url);
/** Backups under load: fifty in the soak. */
const BACKUPS = 5;

function careOf({ care }: Store): StorageCare {
  if (care === undefined) throw new Error('The store cares for itself.');
  return care;
}

function restore(file: string, directory: string, replace = false): ReturnType<typeof restoreCopy> {
  return restoreCopy({ driver, file, directory, replace, now: NOON });
}

/** F24 of the fault matrix. */
test(`${BACKUPS} backups under load restore equal`, async () => {
  expect((await backupUnderLoad(BACKUPS)).backups).toBe(BACKUPS);
});

test('a backup overwrites nothing, and says where it cannot be written', async () => {
  const folder = newFolder();
  const { care } = await openStore(folder);
  const file = join(folder, 'taken');
  writeFileSync(file, 'mine');
  await expect(care?.backup(file)).rejects.toMatchObject({ code: 'backup.exists' });
  expect(readFileSync(file, 'utf8')).toBe('mine');
  const nowhere = join(folder, 'absent', 'b');
  await expect(care?.backup(nowhere)).rejects.toMatchObject({ code: 'backup.failed' });
});

test('two backups at once are both whole, and one name is given once', async () => {
  const folder = newFolder();
  const store = await openStore(folder);
  await store.append(unit(event()));
  const names = ['a', 'b', 'a'].map((name) => careOf(store).backup(join(folder, name)));
  const results = await Promise.allSettled(names);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
});

test.each([
  ['a byte of the log has changed', `UPDATE events SET data = '{"n":0}' WHERE seq = 2`],
  ['a record is missing', 'DELETE FROM events WHERE seq = 2'],
])('a copy in which %s is no backup: nothing is left of it', async (_, sql) => {
  const folder = newFolder();
  const store = await openStore(folder);
  await store.append(unit(...range(1, 3).map((n) => event({ data: `{"n":${n}}` }))));
  const good = join(folder, 'good');
  await store.care?.backup(good);
  const file = join(folder, 'bad');
  const written = writeCopy(file, {
    copy: async (draft) => {
      writeFileSync(draft, readFileSync(good));
      const db = driver.open(draft);
      db.exec(sql);
      db.close();
    },
    inspect: async (draft) => inspectCopy(driver, draft),
  });
  await expect(written).rejects.toMatchObject({ code: 'backup.failed' });
  expect(existsSync(file)).toBe(false);
  expect(existsSync(`${file}.part`)).toBe(false);
});

/** A directory with a log of 3, its backup, and what happened after that. */
async function lostFuture(): Promise<{
  readonly folder: string;
  readonly file: string;
  readonly lost: readonly LogRecord[];
  readonly epoch: number;
  readonly ids: readonly string[];
}> {
  const folder = newFolder();
  const store = await openDirectoryStore(folder, WORKER);
  const run = firstOf(await store.append(unit(open({}, { data: '{"type":"run.started"}' }))));
  const file = join(newFolder(), 'backup');
  await store.care?.backup(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await store.append(unit(advance(run, run, { at: '1' })));
  await store.append(unit(event()));
  const lost = (await readAll(store)).slice(1);
  const ids = lost.map(({ seq }) => idOf(store.identity, seq));
  const { epoch } = store.identity;
  await store.close({ clean: true });
  return { folder, file, lost, epoch, ids };
}

test('what is restored has ids and epochs that the lost future had not', async () => {
  const { folder, file, epoch, ids } = await lostFuture();
  const restored = restore(file, folder, true);
  expect(restored).toMatchObject({ head: 1, incarnation: 2, open: 1 });
  const store = await openStore(folder);
  const { identity } = store;
  expect(identity.incarnation).toBe(2);
  expect(identity.epoch).toBeGreaterThan(epoch + 1_000);
  expect(identity.names).toHaveLength(2);
  expect(identity.names[1]?.from).toBe(2);
  const seq = firstOf(await store.append(unit(event())));
  expect(ids).not.toContain(idOf(identity, seq));
  expect(idOf(identity, 1).split('-')[0]).toBe(ids[0]?.split('-')[0]);
  const types = (await readAll(store)).map(({ type }) => type);
  expect(types).toEqual(['run.started', 'log.restored', 'flow.paused', 'file.changed']);
  const [, said] = await readAll(store);
  expect(JSON.parse(said?.data ?? '')).toMatchObject({ head: 1, open: [[1, '0']], open_count: 1 });
});

test('what is restored twice of one backup has epochs that the first one had not', async () => {
  const { folder, file } = await lostFuture();
  const { kept } = restore(file, folder, true);
  const first = await openDirectoryStore(folder, WORKER);
  const { incarnation, epoch } = first.identity;
  await first.close();
  expect(() => restore(file, folder, true)).toThrow(/is there from a restore before/);
  const bytes = readFileSync(kept ?? '');
  renameSync(kept ?? '', join(newFolder(), 'kept'));
  expect(restore(file, folder, true).incarnation).toBeGreaterThan(incarnation);
  expect(readFileSync(kept ?? '')).not.toEqual(bytes);
  const second = await openStore(folder);
  expect(second.identity.epoch).toBeGreaterThan(epoch);
});

test('a restore that died before its last step is done again', async () => {
  const { folder, file, lost } = await lostFuture();
  linkSync(join(folder, 'signalbox.db'), join(folder, 'signalbox.db.replaced'));
  const { kept } = restore(file, folder, true);
  const old = newFolder();
  renameSync(kept ?? '', join(old, 'signalbox.db'));
  expect((await readAll(await openStore(old))).slice(1)).toEqual(lost);
});

test('the log that gives way is kept whole beside the new one', async () => {
  const { folder, file, lost } = await lostFuture();
  const { kept } = restore(file, folder, true);
  const old = newFolder();
  for (const name of ['', '-wal']) {
    if (!existsSync(`${kept}${name}`)) continue;
    writeFileSync(join(old, `signalbox.db${name}`), readFileSync(`${kept}${name}`));
  }
  const store = await openStore(old);
  expect((await readAll(store)).slice(1)).toEqual(lost);
});

test('a restore refuses a log in use, one that is there, and what is no backup', async () => {
  const { folder, file } = await lostFuture();
  expect(() => restore(file, folder)).toThrow(/holds a log already/);
  const before = readFileSync(join(folder, 'signalbox.db'));
  const broken = join(newFolder(), 'broken');
  for (const [content, reason] of [
    [readFileSync(file).subarray(0, 5_000), /damaged|malformed|missing/],
    [Buffer.from('no database at all'), /damaged|not a database/],
    [Buffer.alloc(0), /no store of Signalbox/],
  ] as const) {
    writeFileSync(broken, content);
    expect(() => restore(broken, folder, true)).toThrow(reason);
  }
  expect(() => restore(join(folder, 'absent'), folder, true)).toThrow(/There is no file/);
  expect(readFileSync(join(folder, 'signalbox.db'))).toEqual(before);
  expect(readdirSync(folder).filter((name) => name.includes('restoring'))).toEqual([]);

  await openStore(folder);
  expect(() => restore(file, folder, true)).toThrow(/is locked/);
});

test('a flipped bit anywhere in a backup is found before anything is touched', async () => {
  const { file } = await lostFuture();
  const bytes = readFileSync(file);
  const path = join(newFolder(), 'flipped');
  const found: string[] = [];
  // Most of a small database is empty.
  const written = [...bytes.keys()].filter((at) => bytes[at] !== 0);
  for (const n of range(1, 12)) {
    const bad = Buffer.from(bytes);
    const spot = written[Math.floor((written.length * n) / 13)] ?? 0;
    bad[spot] = (bad[spot] ?? 0) ^ 4;
    writeFileSync(path, bad);
    const target = newFolder();
    found.push(await outcomeOf(path, target));
  }
  // Where the bit was in nothing that is used, what is restored is what was written.
  expect(found.filter((outcome) => outcome !== 'refused' && outcome !== 'as written')).toEqual([]);
  expect(found).toContain('refused');
});

async function outcomeOf(file: string, target: string): Promise<string> {
  try {
    restore(file, target);
  } catch {
    return existsSync(join(target, 'signalbox.db')) ? 'refused too late' : 'refused';
  }
  const store = await openStore(target);
  const [first] = await readAll(store);
  return first?.data === '{"type":"run.started"}' ? 'as written' : 'something else';
}
