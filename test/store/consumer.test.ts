import { describe, expect, onTestFinished, test } from 'vitest';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { nextTurn } from '../../src/std/turn.ts';
import { Consumer } from '../../src/store/consumer.ts';
import type { LogRecord, RecordDraft, Store } from '../../src/store/contract.ts';
import { recordOf } from '../coordination/records.ts';
import { until } from '../fixtures/until.ts';
import { MemoryLog } from '../simulation/engine/memory-log.ts';

interface Following {
  readonly store: Store;
  readonly consumer: Consumer;
  readonly clock: SimulatedClock;
  /** The numbers of what it took. */
  readonly taken: unknown[];
  readonly suffered: string[];
}

type Take = (record: LogRecord) => Promise<boolean>;

function following(log: MemoryLog, take: Take = async () => true): Following {
  const [store, clock] = [log.open(), new SimulatedClock()];
  const taken: unknown[] = [];
  const suffered: string[] = [];
  const consumer = new Consumer({
    store,
    clock,
    name: 'test',
    types: new Set(['thing.a', 'thing.b']),
    among: 'thing.*',
    take: async (record) => {
      const isKept = await take(record);
      taken.push((JSON.parse(record.data) as { readonly n: number }).n);
      return isKept;
    },
    suffers: (reason) => suffered.push(reason),
  });
  onTestFinished(() => consumer.stop());
  return { store, consumer, clock, taken, suffered };
}

function happen(store: Store, ...events: readonly [string, number][]): Promise<unknown> {
  const record = ([type, n]: readonly [string, number]): RecordDraft => recordOf(type, { n });
  const writes = events.map((event) => ({ kind: 'event', record: record(event) }) as const);
  return store.append({ writes });
}

describe('a consumer of the log', () => {
  test('takes what it wants, in order and once, also what came while nobody did', async () => {
    const log = new MemoryLog();
    const first = following(log);
    await happen(first.store, ['thing.a', 1], ['other', 2], ['thing.c', 3]);
    await first.consumer.start();
    await happen(first.store, ['thing.b', 4]);
    await until(() => first.taken.length === 2);
    await first.consumer.stop();
    await happen(first.store, ['thing.a', 5]);
    const second = following(log);
    await second.consumer.start();
    await second.consumer.settled();
    expect([first.taken, second.taken]).toEqual([[1, 4], [5]]);
    expect((await second.store.checkpoint('test')).seq).toBe(second.store.head());
  });

  test('takes one again that it could not take, before any other, and says why once', async () => {
    let isDown = true;
    const { store, consumer, clock, taken, suffered } = following(new MemoryLog(), async () => {
      if (isDown) throw new Error('it is down');
      return false;
    });
    await consumer.start();
    await happen(store, ['thing.a', 1], ['thing.b', 2]);
    await until(() => suffered.length === 1);
    clock.advance(1_000);
    await consumer.settled();
    expect([taken, suffered]).toEqual([[], ['it is down']]);
    isDown = false;
    clock.advance(1_000);
    await until(() => taken.length === 2);
    expect(taken).toEqual([1, 2]);
  });

  test('says nothing of what it could not take once it is stopped', async () => {
    let fail: ((error: Error) => void) | undefined;
    const { store, consumer, suffered } = following(new MemoryLog(), () => {
      return new Promise((_, reject) => (fail = reject));
    });
    await consumer.start();
    await happen(store, ['thing.a', 1]);
    await until(() => fail !== undefined);
    const stopped = consumer.stop();
    fail?.(new Error('it ends'));
    await stopped;
    await nextTurn();
    expect(suffered).toEqual([]);
  });

  test('does nothing between two records but what it is given to do there', async () => {
    const { store, consumer, taken } = following(new MemoryLog());
    await consumer.start();
    const seen = consumer.between(async () => [...taken]);
    await happen(store, ['thing.a', 1]);
    expect(await seen).toEqual([]);
    await expect(consumer.between(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await until(() => taken.length === 1);
  });

  test('is not told again of what its own commit has moved it behind', async () => {
    const log = new MemoryLog();
    const holder: { consumer?: Consumer; store?: Store } = {};
    const made = following(log, async ({ seq }) => {
      const checkpoint = holder.consumer?.move(seq);
      if (checkpoint === undefined) throw new Error('it stands there');
      await holder.store?.append({ writes: [], checkpoint });
      holder.consumer?.moved(checkpoint);
      return true;
    });
    Object.assign(holder, made);
    await made.consumer.start();
    await happen(made.store, ['thing.a', 1], ['thing.a', 2]);
    await until(() => made.taken.length === 2);
    expect([made.taken, made.suffered]).toEqual([[1, 2], []]);
  });
});
