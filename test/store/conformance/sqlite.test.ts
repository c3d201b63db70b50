import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../../src/std/clock.ts';
import type { Store } from '../../../src/store/contract.ts';
import { loadDriver } from '../../../src/store/sqlite/driver.ts';
import { openDirectoryStore, openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { describeAgainstModel } from './against-model.ts';
import { describeAppend } from './append.ts';
import { describeBranches } from './branches.ts';
import { describeCheckpoints } from './checkpoints.ts';
import { describeCursors } from './cursors.ts';
import { describeDedupe } from './dedupe.ts';
import { describeDurability } from './durability.ts';
import type { DurableStore, StoreFixture } from './fixture.ts';
import { describeLanes } from './lanes.ts';
import { describeLeases } from './leases.ts';
import { describeEntities } from './entities.ts';
import { describeLetters } from './letters.ts';
import { describePayloads } from './payloads.ts';
import { describeRead } from './read.ts';
import { describeRows } from './rows.ts';
import { describeSessions } from './sessions.ts';
import { describeWindows } from './windows.ts';

const clock = new SystemClock();
const WORKER = new URL('../../../dist/store/sqlite/worker.js', import.meta.url);

const memory: StoreFixture = {
  async open() {
    const store = await openSqliteStore({ path: ':memory:', driver: await loadDriver(), clock });
    return { store, another: undefined, close: () => store.close() };
  },
};

/** As the daemon runs it: in a thread of its own, under a lock, beside a witness. */
const disk: StoreFixture<DurableStore> = {
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-store-'));
    const stores: Store[] = [];
    const reopen = async (): Promise<Store> => {
      const store = await openDirectoryStore(folder, WORKER);
      stores.push(store);
      return store;
    };
    return {
      store: await reopen(),
      another: undefined,
      reopen,
      async close() {
        await Promise.all(stores.map((store) => store.close()));
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

const stores = [
  ['SQLite in memory', memory, 100],
  ['SQLite on disk', disk, 40],
] as const;

for (const [name, fixture, rounds] of stores) {
  describeAppend(name, fixture);
  describeDedupe(name, fixture);
  describePayloads(name, fixture);
  describeRead(name, fixture);
  describeRows(name, fixture);
  describeLeases(name, fixture);
  describeLanes(name, fixture);
  describeBranches(name, fixture);
  describeEntities(name, fixture);
  describeLetters(name, fixture);
  describeWindows(name, fixture);
  describeCheckpoints(name, fixture);
  describeCursors(name, fixture);
  describeSessions(name, fixture);
  describeAgainstModel(name, fixture, rounds);
}

describeDurability('SQLite on disk', disk);
