import { afterAll, beforeAll } from 'vitest';
import { SystemClock } from '../../../src/std/clock.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openPostgresStore } from '../../../src/store/postgres/store.ts';
import { type PostgresServer, startPostgres } from '../../fixtures/postgres.ts';
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
let server: PostgresServer | undefined;
let database: Promise<string> | undefined;

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(async () => {
  await server?.stop();
});

const postgres: StoreFixture<DurableStore> = {
  async open() {
    const url = await (database ??= server?.database());
    if (server === undefined || url === undefined) throw new Error('PostgreSQL is not running.');
    const running = server;
    const stores: Store[] = [];
    const another = async (): Promise<Store> => {
      const store = await openPostgresStore({ url, clock });
      stores.push(store);
      return store;
    };
    return {
      store: await another(),
      another,
      reopen: another,
      async close() {
        await Promise.all(stores.map((store) => store.close()));
        await running.query(url, 'DROP SCHEMA signalbox CASCADE');
      },
    };
  },
};

describeAppend('PostgreSQL', postgres);
describeDedupe('PostgreSQL', postgres);
describePayloads('PostgreSQL', postgres);
describeRead('PostgreSQL', postgres);
describeRows('PostgreSQL', postgres);
describeLeases('PostgreSQL', postgres);
describeLanes('PostgreSQL', postgres);
describeBranches('PostgreSQL', postgres);
describeEntities('PostgreSQL', postgres);
describeLetters('PostgreSQL', postgres);
describeWindows('PostgreSQL', postgres);
describeCheckpoints('PostgreSQL', postgres);
describeCursors('PostgreSQL', postgres);
describeSessions('PostgreSQL', postgres);
describeDurability('PostgreSQL', postgres);
describeAgainstModel('PostgreSQL', postgres, 30);
