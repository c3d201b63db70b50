import { afterEach, expect, test } from 'vitest';
import type { Gather } from '../../src/flows/flow.ts';
import { WindowAudit, type WindowFault } from '../../src/routing/audit-windows.ts';
import { closingRecord, memberOf, type OpenWindow } from '../../src/routing/window.ts';
import { type Stage, Windows, windowWrites } from '../../src/routing/windows.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import type { Store } from '../../src/store/contract.ts';
import { toRecord } from '../../src/store/record.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { type DurableLog, sqliteLogs } from '../simulation/engine/durable-log.ts';

/** Windows that are open when the audit begins: more than one page of them. */
const WINDOWS = 1_500;
const gather: Gather = { kind: 'debounce', quietMs: 100, maxMs: 100_000, size: 10 };
const newLog = await sqliteLogs();
const logs: DurableLog[] = [];

afterEach(() => {
  for (const log of logs.splice(0)) log.close();
});

/** A router that does nothing but gather, each event in the window of its key. */
class Gatherer {
  readonly store: Store;
  readonly audit = new WindowAudit(WINDOWS);
  readonly #windows = new Windows();
  readonly #open = new Map<string, OpenWindow>();
  #routed = 0;

  constructor(store: Store) {
    this.store = store;
  }

  /** With one open window for each of the first events. */
  static async open(): Promise<Gatherer> {
    const log = newLog();
    logs.push(log);
    const gatherer = new Gatherer(await log.open(new SimulatedClock()));
    const keys = Array.from({ length: WINDOWS }, (_, i) => keyOf(i + 1));
    await gatherer.gather(...keys);
    for (const [i, key] of keys.entries()) gatherer.audit.gathered(i + 1, 'a', key);
    return gatherer;
  }

  /** Records an event for each of the keys, and takes it into its window. */
  async gather(...keys: readonly string[]): Promise<void> {
    const { store } = this;
    const after = store.head();
    const draft = { type: 'pushed', source: 'git', data: '{}' };
    const writes = keys.map((_, i) => {
      return { kind: 'event', record: toRecord(draft, after + i + 1) } as const;
    });
    await store.append({ writes });
    const stage = this.#windows.stage();
    const seqs = keys.map((_, i) => after + i + 1);
    for (let i = 0; i < seqs.length; i += 1_000) {
      for (const record of await store.readAt(seqs.slice(i, i + 1_000))) {
        const key = keys[record.seq - after - 1] ?? '';
        const member = memberOf(record, store.identity);
        this.#windows.join(stage, { flow: 'a', key, gather }, member);
      }
    }
    for (const [, { after: open }] of stage.changes) {
      if (open !== undefined) this.#open.set(open.key, open);
    }
    await this.#move(stage, []);
  }

  /** Closes the window of a key. */
  async close(key: string): Promise<void> {
    const open = this.#open.get(key);
    if (open === undefined) throw new Error(`no window of ${key} is open`);
    const stage = this.#windows.stage();
    this.#windows.close(stage, open);
    await this.#move(stage, [open]);
  }

  async #move(stage: Stage, closed: readonly OpenWindow[]): Promise<void> {
    const to = this.store.head();
    const result = await this.store.append({
      writes: closed.map((open) => ({ kind: 'event', record: closingRecord(open, 9_999) })),
      checkpoint: { consumer: 'router', from: this.#routed, to, state: '{}' },
      windows: windowWrites(stage),
    });
    if (result.kind !== 'appended') throw new Error(`the store says ${result.kind}`);
    this.#windows.commit(stage);
    this.#routed = to;
  }

  /** What the audit finds, where something happens between its first page and its second. */
  async finish(meanwhile: () => Promise<void>): Promise<WindowFault | undefined> {
    let pages = 0;
    const windows: Store['windows'] = async (query) => {
      if (pages++ === 1) await meanwhile();
      return this.store.windows(query);
    };
    return this.audit.finish(alteredStore(this.store, { windows }), WINDOWS);
  }
}

/** Such that the order of the keys is that of the events. */
function keyOf(seq: number): string {
  return `k${String(seq).padStart(5, '0')}`;
}

test('a window that an event joins while the windows are read is looked at once', async () => {
  const gatherer = await Gatherer.open();
  const joined = async (): Promise<void> => gatherer.gather(keyOf(1), keyOf(WINDOWS));
  expect(await gatherer.finish(joined)).toBeUndefined();
});

test('a window that closes while the windows are read holds its events once', async () => {
  const gatherer = await Gatherer.open();
  const closed = async (): Promise<void> => {
    await gatherer.close(keyOf(1));
    await gatherer.close(keyOf(WINDOWS));
  };
  expect(await gatherer.finish(closed)).toBeUndefined();
});

test('a window that closes and opens again while the windows are read is two', async () => {
  const gatherer = await Gatherer.open();
  const reopened = async (): Promise<void> => {
    for (const key of [keyOf(1), keyOf(WINDOWS)]) {
      await gatherer.close(key);
      await gatherer.gather(key);
    }
  };
  expect(await gatherer.finish(reopened)).toBeUndefined();
});

test('an event that no window has is found, while others close', async () => {
  const gatherer = await Gatherer.open();
  gatherer.audit.gathered(WINDOWS, 'a', keyOf(1));
  const closed = async (): Promise<void> => gatherer.close(keyOf(2));
  expect(await gatherer.finish(closed)).toEqual({
    seq: WINDOWS,
    reason: 'flow "a" takes this event with others, and no window has it',
  });
});

test('an event that two windows have is found, though one of them closed meanwhile', async () => {
  const gatherer = await Gatherer.open();
  const again = async (): Promise<void> => {
    await gatherer.close(keyOf(2));
    const [closed] = await gatherer.store.read({ after: WINDOWS, limit: 1 });
    const { data = '' } = closed ?? {};
    const record = {
      ...toRecord({ type: 'window.closed', source: 'x', data }, 9_999),
      source: null,
    };
    await gatherer.store.append({ writes: [{ kind: 'event', record }] });
  };
  expect(await gatherer.finish(again)).toEqual({
    seq: WINDOWS + 2,
    reason: 'a window of flow "a" holds event 2, which it does not take next',
  });
});
