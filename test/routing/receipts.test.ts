import { describe, expect, test } from 'vitest';
import { ReceiptRecorder } from '../../src/routing/receipt-recorder.ts';
import {
  OTHER_SOURCES,
  ReceiptBook,
  ReceiptCount,
  SOURCES_MAX,
} from '../../src/routing/receipts.ts';
import type { Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { Station } from './station.ts';

const HOUR = 3_600_000;

function recorderOf({ store, door, time, clock }: Station): ReceiptRecorder {
  const nobody = { info: () => {}, warn: () => {}, error: () => {} };
  return new ReceiptRecorder({ store, book: door.book, time, clock, logger: nobody });
}

async function repeat(station: Station, source: string, times: number): Promise<void> {
  for (let n = 0; n <= times; n++) await station.emit('a', {}, { id: `of ${source}`, source });
}

function recorded(records: Awaited<ReturnType<Station['records']>>): unknown[] {
  return records
    .filter(({ type }) => type === 'receipts.counted')
    .map(({ data }) => JSON.parse(data) as unknown);
}

describe('receipts are recorded', () => {
  test('once an hour, by source, and not where there were none', async () => {
    const station = await Station.open();
    const recorder = recorderOf(station);
    await recorder.start();
    const started = station.clock.now();
    await repeat(station, 'git', 2);
    await repeat(station, 'hooks', 1);
    station.clock.advance(2 * HOUR);
    await station.until(() => station.store.head() === 3);
    station.clock.advance(2 * HOUR);
    await station.settle();
    const none = { conflicts: 0, refused: 0 };
    expect(recorded(await station.records())).toEqual([
      {
        hour: new Date(started - (started % HOUR)).toISOString(),
        sources: { git: { duplicates: 2, ...none }, hooks: { duplicates: 1, ...none } },
      },
    ]);
    await recorder.stop();
  });

  test('at the stop, and summed up over all sessions', async () => {
    const first = await Station.open();
    await repeat(first, 'git', 2);
    const recorder = recorderOf(first);
    await recorder.stop();
    await recorder.stop();
    const second = await Station.open({}, first);
    await repeat(second, 'git', 1);
    const git = { duplicates: 4, conflicts: 0, refused: 0 };
    expect(await recorderOf(second).sums()).toEqual({ ...git, sources: { git } });
    expect(recorded(await second.records())).toHaveLength(1);
  });

  test('later where the disk is full, and counted once', async () => {
    let full = true;
    const wrap = (store: Store): Store =>
      alteredStore(store, {
        append: async (unit) =>
          full && unit.checkpoint !== undefined ? { kind: 'full' } : store.append(unit),
      });
    const station = await Station.open({ wrap });
    const recorder = recorderOf(station);
    await recorder.start();
    await repeat(station, 'git', 3);
    station.clock.advance(HOUR);
    await station.settle();
    expect(recorded(await station.records())).toEqual([]);
    expect(await recorder.sums()).toMatchObject({ duplicates: 3 });
    full = false;
    await recorder.stop();
    expect(recorded(await station.records())).toHaveLength(1);
    expect(await recorder.sums()).toMatchObject({ duplicates: 3 });
  });

  test('without a loss where somebody else recorded meanwhile', async () => {
    const station = await Station.open();
    const [one, other] = [recorderOf(station), recorderOf(station)];
    await Promise.all([one.sums(), other.sums()]);
    await repeat(station, 'git', 1);
    await one.stop();
    await repeat(station, 'git', 0);
    await other.stop();
    await other.stop();
    expect(await recorderOf(station).sums()).toMatchObject({ duplicates: 2 });
  });
});

describe('the book', () => {
  test('names so many sources and counts the rest together', () => {
    const book = new ReceiptBook();
    for (let n = 0; n < 10 * SOURCES_MAX; n++) book.note(`source-${n}`, 'refused', 0);
    const { sources, refused } = book.total().sums();
    expect(refused).toBe(10 * SOURCES_MAX);
    expect(Object.keys(sources)).toHaveLength(SOURCES_MAX + 1);
    expect(sources[OTHER_SOURCES]?.refused).toBe(9 * SOURCES_MAX);
  });

  test('keeps so many hours apart, and loses none of what comes later', () => {
    const book = new ReceiptBook();
    for (let n = 0; n < 1_000; n++) book.note('git', 'refused', n * HOUR);
    const taken = book.take(Number.POSITIVE_INFINITY);
    expect(taken).toHaveLength(48);
    expect(taken.map(({ count }) => count.sums().refused).reduce((a, b) => a + b)).toBe(1_000);
    expect(book.total().sums()).toMatchObject({ refused: 0, sources: {} });
  });

  test('takes a source of any name', () => {
    const count = new ReceiptCount();
    for (const name of ['__proto__', 'constructor', 'toString']) count.note(name, 'conflicts');
    const text = JSON.stringify(count.sums());
    expect(ReceiptCount.from(JSON.parse(text)).sums()).toEqual(count.sums());
    expect(count.sums().conflicts).toBe(3);
  });

  test.each([
    null,
    1,
    {},
    { sources: 1 },
    { sources: { a: 1 } },
    { sources: { a: { refused: 'x' } } },
  ])('reads %j as nothing', (sums) => {
    expect(ReceiptCount.from(sums).sums()).toMatchObject({ refused: 0 });
  });
});
