import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Clock, SystemClock } from '../../../src/std/clock.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openPostgresStore } from '../../../src/store/postgres/store.ts';
import { type PostgresServer, startPostgres } from '../../fixtures/postgres.ts';

/** An empty database on a real server, and the clients that a test opens of it. */
export interface Database {
  readonly url: string;
  readonly open: (options?: {
    readonly url?: string;
    readonly clock?: Clock;
    readonly alone?: boolean;
  }) => Promise<Store>;
  readonly query: (text: string) => ReturnType<PostgresServer['query']>;
  readonly crash: () => Promise<void>;
}

/** Starts one server for all tests of a file; each call of the result makes a new database. */
export function useDatabases(): () => Promise<Database> {
  let server: PostgresServer | undefined;
  const stores: Store[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });
  afterAll(async () => {
    await server?.stop();
  });

  return async () => {
    if (server === undefined) throw new Error('Ask for a database inside of a test.');
    const { crash, database, query } = server;
    const url = await database();
    return {
      url,
      async open({ url: other = url, clock = new SystemClock(), alone = false } = {}) {
        const lone = alone ? { alone: { closed: () => {} } } : {};
        const store = await openPostgresStore({ url: other, clock, ...lone });
        stores.push(store);
        return store;
      },
      query: (text) => query(url, text),
      crash,
    };
  };
}

/** Lets all else that is ready have its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Takes `step` after `step` until `promise` is settled, each in a turn of its own. */
export async function drive<T>(promise: Promise<T>, step: () => void): Promise<T> {
  const over = new AbortController();
  const end = (): void => over.abort();
  promise.then(end, end);
  while (!over.signal.aborted) {
    step();
    await turn();
  }
  return promise;
}
