import { afterEach, beforeEach } from 'vitest';
import type { AppendResult, LogRecord, Store } from '../../../src/store/contract.ts';

/** A kind of store, as the suites see it. */
export interface StoreFixture<Opened extends OpenedStore = OpenedStore> {
  /** Opens a store on a log of its own that is still empty. */
  readonly open: () => Promise<Opened>;
}

export interface OpenedStore {
  readonly store: Store;
  /** Opens one more client of the same log; undefined where a log has one client only. */
  readonly another: (() => Promise<Store>) | undefined;
  /** Closes what is still open of it. */
  readonly close: () => Promise<void>;
}

/** A store whose log outlives it. */
export interface DurableStore extends OpenedStore {
  /** Opens the log again, after it was closed. */
  readonly reopen: () => Promise<Store>;
}

/** Gives each test of a `describe` a fresh store. */
export function useStore<Opened extends OpenedStore>(fixture: StoreFixture<Opened>): () => Opened {
  let opened: Opened | undefined;
  beforeEach(async () => {
    opened = await fixture.open();
  });
  afterEach(async () => {
    await opened?.close();
  });
  return () => {
    if (opened === undefined) throw new Error('Ask for the store inside of a test.');
    return opened;
  };
}

/** All clients that the store can have at once, at most `count`; one where it takes no more. */
export async function clientsOf(opened: OpenedStore, count: number): Promise<Store[]> {
  const clients = [opened.store];
  while (opened.another !== undefined && clients.length < count) {
    clients.push(await opened.another());
  }
  return clients;
}

/** The whole log, read page by page. */
export async function readAll(store: Store, after = 0): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (;;) {
    const page = await store.read({ after: records.at(-1)?.seq ?? after, limit: 500 });
    if (page.length === 0) return records;
    records.push(...page);
  }
}

/** The seq of the first record of what was appended. Fails for every other result. */
export function firstOf(result: AppendResult): number {
  if (result.kind !== 'appended') throw new Error(`expected an appended unit, got ${result.kind}`);
  return result.first;
}

export function kindsOf(results: readonly AppendResult[]): string[] {
  return results.map(({ kind }) => kind);
}

/** The numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
