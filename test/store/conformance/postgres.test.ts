import { afterAll, beforeAll } from 'vitest';
import { SystemClock } from '../../../src/std/clock.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openPostgresStore } from '../../../src/store/postgres/store.ts';
import { type PostgresServer, startPostgres } from '../../fixtures/postgres.ts';
import { describeAppend } from './append.ts';
import type { OpenedStore, StoreFixture } from './fixture.ts';

let server: PostgresServer | undefined;

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(async () => {
  await server?.stop();
});

const postgres: StoreFixture = {
  async open(): Promise<OpenedStore> {
    const url = (await server?.database()) ?? '';
    const stores: Store[] = [];
    const another = async (): Promise<Store> => {
      const store = await openPostgresStore({ url, clock: new SystemClock() });
      stores.push(store);
      return store;
    };
    return {
      store: await another(),
      another,
      reopen: another,
      async close() {
        await Promise.all(stores.map((store) => store.close()));
      },
    };
  },
};

describeAppend('PostgreSQL', postgres);
