import { describe, expect, onTestFinished, test } from 'vitest';
import { IncidentBook } from '../../src/coordination/incident-book.ts';
import type { Incident } from '../../src/coordination/incident.ts';
import { incidentFold } from '../../src/coordination/incident-row.ts';
import { checkRows } from '../../src/runs/rebuild.ts';
import type { Json } from '../../src/std/json.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import type { AppendResult, LogRecord, Store, Unit } from '../../src/store/contract.ts';
import type { EntityRow } from '../../src/store/entity.ts';
import { EngineTime } from '../../src/store/engine-time.ts';
import type { EntityQuery } from '../../src/store/queries.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { until } from '../fixtures/until.ts';
import { MemoryLog } from '../simulation/engine/memory-log.ts';
import { type RecordOrigin, recordOf } from './records.ts';

const MINUTE = 60_000;

/** A book over a log in memory, whose disk may be full. */
class Keeping {
  readonly clock = new SimulatedClock();
  readonly store: Store;
  readonly book: IncidentBook;
  isFull = false;
  /** What the book has tried to write. */
  tries = 0;
  /** What was recorded since it was made. */
  readonly #types: string[] = [];

  constructor(log = new MemoryLog()) {
    this.store = log.open();
    this.store.onCommitted((records) => this.#types.push(...records.map(({ type }) => type)));
    const append = (unit: Unit): Promise<AppendResult> => {
      this.tries++;
      return this.isFull ? Promise.resolve({ kind: 'full' }) : this.store.append(unit);
    };
    const { clock } = this;
    const store = alteredStore(this.store, { append });
    const time = new EngineTime(clock, this.store.identity.lastReceived);
    this.book = new IncidentBook({ store, time, clock, logger: silentLogger });
    onTestFinished(() => this.book.stop());
  }

  async happens(type: string, data: Json, origin: RecordOrigin = {}): Promise<void> {
    const record = recordOf(type, data, { received: this.clock.now(), ...origin });
    await this.store.append({ writes: [{ kind: 'event', record }] });
  }

  reported(subject: string, level = 'red'): Promise<void> {
    return this.happens('incident.reported', { subject, level, reason: 'r' }, { source: 'cli' });
  }

  async records(type: string): Promise<LogRecord[]> {
    const records = await this.store.read({ after: 0, limit: 1_000 });
    return records.filter((record) => record.type === type);
  }

  /** Resolves when there are this many of them. */
  async has(type: string, count: number): Promise<LogRecord[]> {
    await until(() => this.#types.filter((each) => each === type).length >= count);
    return this.records(type);
  }

  async incidents(): Promise<Incident[]> {
    const rows = await this.store.entities({ kind: 'incident', limit: 100 });
    return rows.map(({ data }) => JSON.parse(data) as Incident);
  }
}

describe('a book of incidents', () => {
  test('opens one for the same thing, counts it, and ends it when it is right again', async () => {
    const keeping = new Keeping();
    await keeping.book.start();
    await keeping.reported('disk');
    await keeping.reported('disk', 'emergency');
    await keeping.has('incident.recurred', 1);
    expect(await keeping.incidents()).toMatchObject([
      { key: 'reported:disk', state: 'open', count: 2, level: 'emergency' },
    ]);
    await keeping.happens('incident.cleared', { subject: 'disk' }, { source: 'cli' });
    await keeping.has('incident.resolved', 1);
    expect(await keeping.incidents()).toMatchObject([{ state: 'resolved', count: 2 }]);
  });

  test('has the rows that the log makes again, and no other', async () => {
    const keeping = new Keeping();
    await keeping.book.start();
    await keeping.reported('disk', 'orange');
    await keeping.reported('queue');
    await keeping.reported('disk', 'emergency');
    await keeping.happens('incident.cleared', { subject: 'queue' }, { source: 'cli' });
    await keeping.has('incident.resolved', 1);
    const check = async (store: Store): Promise<unknown> =>
      (await checkRows(store, () => {}, [incidentFold])).differences;
    expect(await check(keeping.store)).toEqual([]);
    const [disk] = await keeping.records('incident.opened');
    const id = disk?.seq ?? 0;
    const entity = async (seq: number): Promise<EntityRow | undefined> => {
      const row = await keeping.store.entity(seq);
      return row && seq === id ? { ...row, due: 7 } : row;
    };
    expect(await check(alteredStore(keeping.store, { entity }))).toMatchObject([
      { entity: 'incident', id, field: 'due', row: '7' },
    ]);
    const entities = async (query: EntityQuery): Promise<EntityRow[]> => {
      const rows = await keeping.store.entities(query);
      return rows.map((row) => (row.id === id ? { ...row, id: 1 } : row));
    };
    expect(await check(alteredStore(keeping.store, { entities }))).toEqual([
      { entity: 'incident', id: 1, field: 'id', row: '1', folded: 'undefined' },
    ]);
  });

  test('takes each record once, also those that came while nobody kept it', async () => {
    const log = new MemoryLog();
    const first = new Keeping(log);
    await first.book.start();
    await first.reported('disk');
    await first.has('incident.opened', 1);
    await first.book.stop();
    await first.reported('disk');
    const second = new Keeping(log);
    await second.book.start();
    expect(await second.incidents()).toMatchObject([{ key: 'reported:disk', count: 2 }]);
    expect(second.book.isCaredFor('reported:disk')).toBe(false);
    expect(second.book.isCaredFor('reported:other')).toBe(true);
  });

  test('carries the chain on, so that a flow that answers itself comes to an end', async () => {
    const keeping = new Keeping();
    await keeping.book.start();
    const failed = { channel: 'ops', reason: 'gone' };
    await keeping.happens('notification.undeliverable', failed, { hops: 4 });
    await keeping.happens('notification.undeliverable', failed, { hops: 7 });
    await keeping.happens('notification.sent', { channel: 'ops' }, { hops: 9 });
    const [resolved] = await keeping.has('incident.resolved', 1);
    const [opened] = await keeping.records('incident.opened');
    const [recurred] = await keeping.records('incident.recurred');
    const chained = [opened, recurred, resolved].map((each) => [each?.hops, each?.correlation]);
    expect(chained).toEqual([
      [5, 'c'],
      [8, 'c'],
      [10, 'c'],
    ]);
  });

  test.each([
    ['a NUL', 'a\u0000b'],
    ['half of a surrogate pair', '\ud800'],
    ['a pair that is cut in the middle', `${'x'.repeat(499)}😀`],
  ])('is not stopped by %s, which no store can hold', async (_, subject) => {
    const keeping = new Keeping();
    await keeping.book.start();
    await keeping.reported(subject);
    await keeping.reported('disk');
    const [, disk] = await keeping.has('incident.opened', 2);
    expect(disk).toMatchObject({ subject: 'disk' });
  });

  test('escalates what nobody acknowledges, and nothing that somebody has', async () => {
    const keeping = new Keeping();
    await keeping.book.start();
    await keeping.reported('disk');
    await keeping.reported('queue');
    const [, queue] = await keeping.has('incident.opened', 2);
    const word = { verb: 'ack', by: 'lead', note: null } as const;
    expect(await keeping.book.say(queue?.seq ?? 0, word)).toMatchObject({ kind: 'taken' });
    const again = await keeping.book.say(queue?.seq ?? 0, word);
    expect(again).toMatchObject({ kind: 'refused', code: 'incident.acknowledged' });
    keeping.clock.advance(15 * MINUTE);
    const escalated = await keeping.has('incident.escalated', 1);
    expect(escalated).toMatchObject([{ subject: 'disk' }]);
    expect(keeping.book.isCaredFor('reported:queue')).toBe(true);
  });

  test('waits where the disk is full, and escalates when there is space again', async () => {
    const keeping = new Keeping();
    await keeping.book.start();
    await keeping.reported('disk');
    await keeping.has('incident.opened', 1);
    await until(() => keeping.clock.untilNext() === 15 * MINUTE);
    keeping.isFull = true;
    const before = keeping.tries;
    keeping.clock.advance(15 * MINUTE);
    await until(() => keeping.tries === before + 1 && keeping.clock.untilNext() !== undefined);
    expect(keeping.clock.untilNext()).toBe(1_000);
    keeping.isFull = false;
    keeping.clock.advance(1_000);
    await keeping.has('incident.escalated', 1);
  });
});
