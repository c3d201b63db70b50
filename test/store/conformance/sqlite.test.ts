import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../../src/std/clock.ts';
import type { Store } from '../../../src/store/contract.ts';
import { loadDriver } from '../../../src/store/sqlite/driver.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { describeAppend } from './append.ts';
import type { OpenedStore, StoreFixture } from './fixture.ts';

const clock = new SystemClock();

const memory: StoreFixture = {
  async open(): Promise<OpenedStore> {
    const store = await openSqliteStore({ path: ':memory:', driver: await loadDriver(), clock });
    return { store, another: undefined, reopen: undefined, close: () => store.close() };
  },
};

const disk: StoreFixture = {
  async open(): Promise<OpenedStore> {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-store-'));
    const stores: Store[] = [];
    const reopen = async (): Promise<Store> => {
      const path = join(folder, 'signalbox.db');
      const store = await openSqliteStore({ path, driver: await loadDriver(), clock });
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
  ['SQLite in memory', memory],
  ['SQLite on disk', disk],
] as const;

for (const [name, fixture] of stores) {
  describeAppend(name, fixture);
}
