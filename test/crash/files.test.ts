import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/std/random.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import type { Store, Unit } from '../../src/store/contract.ts';
import { openDirectoryStore, openSqliteStore } from '../../src/store/sqlite/store.ts';
import { SimulatedDisk } from '../simulation/disk/simulated-disk.ts';
import { loadWasmSqlite, type WasmSqlite } from '../simulation/disk/wasm-driver.ts';
import { scenarioUnits } from '../simulation/log/interruptions.ts';
import { WriterProcess } from './writer-process.ts';

const DATABASE = 'signalbox.db';
const WAL = 'signalbox.db-wal';
const COMMIT_EVENTS = 5;
const WITNESS_DELAY_MS = 1_000;
const WORKER = new URL('../../dist/store/sqlite/worker.js', import.meta.url);
const CORRUPT = { code: 'data.corrupt' };

let sqlite: WasmSqlite;
let root: string;

beforeAll(async () => {
  sqlite = await loadWasmSqlite();
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'signalbox-files-'));
});

afterEach(() => rmSync(root, { recursive: true }));

/** A database on a simulated disk, with its witness on the real one. */
class Installation {
  readonly disk = new SimulatedDisk(seededRandom(1));
  readonly clock = new SimulatedClock();
  readonly witness: string;

  constructor(name = 'one') {
    this.witness = join(root, `witness-${name}`);
  }

  open(): Promise<Store> {
    const { disk, clock, witness } = this;
    return openSqliteStore({ path: DATABASE, witnessPath: witness, driver: sqlite(disk), clock });
  }

  /** Adds events and stops cleanly. */
  async closed(events: number): Promise<this> {
    const store = await this.open();
    await fill(store, events);
    await store.close({ clean: true });
    return this;
  }

  /** Adds events and is killed a second later. */
  async killed(events: number): Promise<this> {
    await fill(await this.open(), events);
    this.clock.advance(WITNESS_DELAY_MS);
    this.disk.killProcess();
    return this;
  }

  cut(name: string, share: number): void {
    const bytes = this.disk.copy(name) ?? new Uint8Array();
    this.disk.place(name, bytes.subarray(0, Math.floor(bytes.length * share)));
  }
}

async function fill(store: Store, events: number): Promise<void> {
  for (let i = 0; i < events; i += COMMIT_EVENTS) {
    const count = Math.min(COMMIT_EVENTS, events - i);
    const answers = Array.from({ length: count }, () => store.append(anEvent()));
    for (const { kind } of await Promise.all(answers)) expect(kind).toBe('appended');
  }
}

function anEvent(): Unit {
  const record = {
    type: 'thing.happened',
    version: 1,
    source: 'tests',
    id: null,
    subject: null,
    received: 1,
    correlation: null,
    causation: null,
    hops: 0,
    attributes: null,
    data: JSON.stringify({ filler: 'x'.repeat(200) }),
  };
  return { writes: [{ kind: 'event', record }] };
}

describe('a database that is not what it was', () => {
  test.each(['killed', 'closed'] as const)(
    'opens when it was %s and nothing changed',
    async (way) => {
      const installation = new Installation();
      await installation[way](50);

      const store = await installation.open();
      expect(store.head()).toBe(50);
    },
  );

  test('is refused without the WAL that held its latest events', async () => {
    const installation = await new Installation().killed(50);
    installation.disk.remove(WAL);

    await expect(installation.open()).rejects.toMatchObject(CORRUPT);
  });

  test.each([0.99, 0.5, 0.1, 0])('is refused with its WAL cut to %d', async (share) => {
    const installation = await new Installation().killed(50);
    installation.cut(WAL, share);

    await expect(installation.open()).rejects.toMatchObject(CORRUPT);
  });

  test.each([0.9, 0.5, 0.1, 0])('is refused when it is cut to %d itself', async (share) => {
    const installation = await new Installation().closed(300);
    installation.cut(DATABASE, share);

    await expect(installation.open()).rejects.toMatchObject(CORRUPT);
  });

  test('is refused when it is gone, instead of beginning a new log', async () => {
    const installation = await new Installation().closed(5);
    installation.disk.remove(DATABASE);

    await expect(installation.open()).rejects.toMatchObject(CORRUPT);
  });

  test('is refused when an older copy took its place', async () => {
    const installation = await new Installation().closed(5);
    const older = installation.disk.copy(DATABASE) ?? new Uint8Array();
    await installation.closed(1);
    installation.disk.place(DATABASE, older);

    await expect(installation.open()).rejects.toMatchObject(CORRUPT);
  });

  test('is refused when it went on from an older copy without its witness', async () => {
    const installation = await new Installation().closed(5);
    const older = installation.disk.copy(DATABASE) ?? new Uint8Array();
    await installation.closed(3);
    const witness = readFileSync(installation.witness);
    installation.disk.place(DATABASE, older);
    rmSync(installation.witness);
    await installation.closed(9);
    writeFileSync(installation.witness, witness);

    await expect(installation.open()).rejects.toMatchObject(CORRUPT);
  });

  test('is refused when the database of another log took its place', async () => {
    const installation = await new Installation('one').closed(5);
    const other = await new Installation('other').closed(5);
    installation.disk.place(DATABASE, other.disk.copy(DATABASE) ?? new Uint8Array());

    await expect(installation.open()).rejects.toMatchObject(CORRUPT);
  });

  test('is refused when it is no database at all', async () => {
    const installation = await new Installation().closed(5);
    installation.disk.place(DATABASE, Buffer.alloc(10_000, 'x'));

    await expect(installation.open()).rejects.toMatchObject(CORRUPT);
  });

  test('is refused with an unreadable witness, and taken as it is without one', async () => {
    const installation = await new Installation().closed(5);
    writeFileSync(installation.witness, '{');
    await expect(installation.open()).rejects.toMatchObject(CORRUPT);

    rmSync(installation.witness);
    const store = await installation.open();
    expect(store.head()).toBe(5);
  });

  test('can be put back after a refusal, which changed neither it nor its witness', async () => {
    const installation = await new Installation().closed(5);
    const good = installation.disk.copy(DATABASE) ?? new Uint8Array();
    const witness = readFileSync(installation.witness);
    installation.disk.place(DATABASE, Buffer.alloc(10_000, 'x'));
    await expect(installation.open()).rejects.toMatchObject(CORRUPT);

    expect(readFileSync(installation.witness)).toEqual(witness);
    installation.disk.place(DATABASE, good);
    const store = await installation.open();
    expect(store.head()).toBe(5);
  });
});

describe('a witness that cannot be written', () => {
  test('does not stop the log, and is written as soon as it can be', async () => {
    const installation = new Installation();
    mkdirSync(`${installation.witness}.new`);
    const store = await installation.open();
    await fill(store, 5);
    installation.clock.advance(WITNESS_DELAY_MS);
    await fill(store, 5);
    expect(existsSync(installation.witness)).toBe(false);

    rmSync(`${installation.witness}.new`, { recursive: true });
    await fill(store, 5);
    installation.clock.advance(WITNESS_DELAY_MS);
    expect(JSON.parse(readFileSync(installation.witness, 'utf8'))).toMatchObject({ seq: 15 });
  });

  test('does not keep a store from closing cleanly', async () => {
    const installation = new Installation();
    mkdirSync(`${installation.witness}.new`);
    await installation.closed(5);

    const store = await installation.open();
    expect(store.identity.afterCleanStop).toBe(true);
    expect(store.head()).toBe(5);
  });

  test('never says more than is on the disk, also when a sync fails', async () => {
    const installation = new Installation();
    const store = await installation.open();
    await fill(store, 5);
    installation.disk.plan({ fail: { operation: 'sync', at: 1, reason: 'io' } });
    await expect(store.append(anEvent())).rejects.toThrow('disk I/O error');
    installation.clock.advance(WITNESS_DELAY_MS);
    installation.disk.cutPower();

    expect(JSON.parse(readFileSync(installation.witness, 'utf8'))).toMatchObject({ seq: 5 });
    await expect(installation.open()).resolves.toBeDefined();
  });
});

describe('a full disk', () => {
  test.each([1, 2, 3])(
    'answers "full", keeps reading, and works on with space: cycle %i',
    async () => {
      const installation = new Installation();
      const store = await installation.open();
      await fill(store, 20);
      installation.disk.plan({ capacityBytes: installation.disk.bytes() + 30_000 });
      const answers = await Promise.all(Array.from({ length: 5 }, () => store.append(anEvent())));
      while (answers.at(-1)?.kind !== 'full') answers.push(await store.append(anEvent()));

      const head = 20 + answers.filter(({ kind }) => kind === 'appended').length;
      expect(store.head()).toBe(head);
      await expect(store.read({ after: head - 1, limit: 10 })).resolves.toHaveLength(1);
      installation.disk.plan({});
      await fill(store, 5);
      installation.disk.cutPower();

      const next = await installation.open();
      expect(next.head()).toBe(head + 5);
      const report = await next.verify({ deep: true, progress: () => undefined });
      expect(report).toEqual({ events: head + 5, firstBad: null });
    },
  );

  test('does not keep a store from closing, which was then no clean stop', async () => {
    const installation = new Installation();
    const store = await installation.open();
    await fill(store, 5);
    installation.disk.plan({ capacityBytes: 0 });
    await store.close({ clean: true });
    installation.disk.killProcess();

    const next = await installation.open();
    expect(next.identity.afterCleanStop).toBe(false);
    expect(next.head()).toBe(5);
  });
});

describe('a process with few file descriptors', () => {
  test('writes the log as any other', async () => {
    const writer = new WriterProcess(await scenarioUnits(sqlite));
    const { end, problem } = await writer.suffer({ kind: 'descriptors', limit: 64 });
    writer.remove();

    expect({ end, problem }).toEqual({ end: 'closed', problem: undefined });
  });
});

describe('a data directory, opened as the daemon opens it', () => {
  async function filled(directory: string, events: number): Promise<void> {
    const store = await openDirectoryStore(directory, WORKER);
    await fill(store, events);
    await store.close({ clean: true });
  }

  test('is refused when its database is an older copy', async () => {
    await filled(root, 5);
    copyFileSync(join(root, DATABASE), join(root, 'backup'));
    await filled(root, 1);
    copyFileSync(join(root, 'backup'), join(root, DATABASE));

    await expect(openDirectoryStore(root, WORKER)).rejects.toMatchObject(CORRUPT);
  });

  test('is refused when its database was cut short', async () => {
    await filled(root, 100);
    const database = join(root, DATABASE);
    truncateSync(database, Math.floor(statSync(database).size / 2));

    await expect(openDirectoryStore(root, WORKER)).rejects.toMatchObject(CORRUPT);
  });

  test('is refused with a clear error where it cannot be made', async () => {
    writeFileSync(join(root, 'file'), '');
    const directory = join(root, 'file', 'data');

    await expect(openDirectoryStore(directory, WORKER)).rejects.toMatchObject({
      code: 'data.unusable',
      message: expect.stringContaining(directory) as string,
    });
  });

  test('is made where it is missing, for its owner alone', async () => {
    const directory = join(root, 'missing');
    const store = await openDirectoryStore(directory, WORKER);
    await store.close();

    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });
});
