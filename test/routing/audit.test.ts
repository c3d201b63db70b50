import { describe, expect, test } from 'vitest';
import { auditLog } from '../../src/routing/audit.ts';
import { ROUTER } from '../../src/routing/router.ts';
import { decodeTally, type Tally } from '../../src/routing/tally.ts';
import type { LogRecord, Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { catalogOf, listens, Station, when } from './station.ts';

const broken = when('broken', () => {
  throw new Error('no value');
});
const never = when('never', () => false);
const catalog = catalogOf(
  'audit',
  listens('greet', 'pushed'),
  listens('never', { pattern: { event: 'pushed' }, where: never }),
  listens('broken', { pattern: { event: 'pulled' }, where: broken }),
);

/** A log in which everything came to its end: 2 is the first event, 3 the run that it started. */
async function finished(): Promise<Station> {
  const station = await Station.open();
  await station.activate(catalog);
  await station.start();
  await station.emit('pushed', { n: 1 });
  await station.routed();
  await station.emit('pulled', { n: 1 });
  await station.emit('parked', { n: 1 });
  await station.routed();
  await station.router.stop();
  return station;
}

/** The log as somebody has altered it. */
async function auditOf(
  station: Station,
  alter: (records: readonly LogRecord[]) => readonly LogRecord[],
  change: Partial<Tally> = {},
): ReturnType<typeof auditLog> {
  const records = alter(await station.records());
  const read: Store['read'] = async ({ after, until = records.length }) => {
    return records.filter(({ seq }) => seq > after && seq <= until);
  };
  const head: Store['head'] = () => records.at(-1)?.seq ?? 0;
  const store = alteredStore(station.store, { read, head });
  const { seq: routed, state } = await station.store.checkpoint(ROUTER);
  const counted = { ...decodeTally(state), ...change };
  return auditLog({ store, catalogs: station.catalogs, routed, counted }, () => {});
}

describe('a log that is whole', () => {
  test('bears out all that the router counted', async () => {
    const station = await finished();
    const told: number[] = [];
    const { seq: routed, state } = await station.store.checkpoint(ROUTER);
    const { store, catalogs } = station;
    const audited = { store, catalogs, routed, counted: decodeTally(state) };
    const report = await auditLog(audited, (seen, all) => told.push(seen, all));
    expect(report).toEqual({
      firstBad: null,
      sum: {
        started: 1,
        filtered: 1,
        unmatched: 3,
        coalesced: 0,
        dropped: 0,
        dead_lettered: 1,
        succeeded: 1,
        failed: 0,
        noop: 0,
        waiting: 0,
      },
    });
    expect(told).toEqual([store.head(), store.head()]);
  });

  test('may hold events that the router has yet to see', async () => {
    const station = await finished();
    await station.emit('pushed', { n: 1 });
    expect(await station.audit()).toMatchObject({
      firstBad: null,
      sum: { started: 1, waiting: 1 },
    });
  });

  test('may go on while it is read', async () => {
    const station = await finished();
    const { seq: routed, state } = await station.store.checkpoint(ROUTER);
    const next = await Station.open({}, station);
    await next.start();
    await next.emit('pushed', { n: 1 });
    await next.emit('pulled', { n: 1 });
    await next.routed();
    const { store, catalogs } = next;
    const audited = { store, catalogs, routed, counted: decodeTally(state) };
    const report = await auditLog(audited, () => {});
    expect(report).toMatchObject({
      firstBad: null,
      sum: { started: 1, waiting: store.head() - routed },
    });
  });

  test('may be routed further than is acknowledged here', async () => {
    const station = await finished();
    const head = station.store.head();
    const store = alteredStore(station.store, { head: () => head - 1 });
    const { seq: routed, state } = await station.store.checkpoint(ROUTER);
    expect(routed).toBe(head);
    const audited = { store, catalogs: station.catalogs, routed, counted: decodeTally(state) };
    expect((await auditLog(audited, () => {})).firstBad).toBeNull();
  });

  test('may be empty', async () => {
    const station = await Station.open();
    expect(await station.audit()).toMatchObject({
      firstBad: null,
      sum: { waiting: 0, unmatched: 0 },
    });
  });
});

describe('the first bad place', () => {
  const without =
    (type: string) =>
    (records: readonly LogRecord[]): LogRecord[] =>
      records.map((record) =>
        record.type === type ? { ...record, type: 'parked', stream: 1 } : record,
      );

  test('is the event whose run is missing', async () => {
    const { firstBad } = await auditOf(await finished(), without('run.started'));
    expect(firstBad).toEqual({
      seq: 2,
      reason: 'flow "greet" wants this event, and no run was started',
    });
  });

  test('is the event whose dead letter is missing', async () => {
    const station = await finished();
    const { firstBad } = await auditOf(station, without('event.dead_lettered'));
    const event = (await station.records()).find(({ type }) => type === 'pulled');
    expect(firstBad).toEqual({
      seq: event?.seq,
      reason: 'flow "broken" wants this event, and no dead letter was recorded',
    });
  });

  test.each(['run.started', 'event.dead_lettered'])('is a second %s of one match', async (type) => {
    const station = await finished();
    const { seq: last } = await station.store.checkpoint(ROUTER);
    const twice = (records: readonly LogRecord[]): LogRecord[] => {
      const again = records.filter((record) => record.type === type);
      return [...records, ...again.map((record) => ({ ...record, seq: last + 1 }))];
    };
    const { firstBad } = await auditOf(station, twice);
    expect(firstBad).toEqual({
      seq: last + 1,
      reason: `this ${type} answers no match of its event, or answers it twice`,
    });
  });

  test('is a run that no flow wanted', async () => {
    const other = (records: readonly LogRecord[]): LogRecord[] =>
      records.map((record) => (record.seq === 2 ? { ...record, type: 'parked' } : record));
    const { firstBad } = await auditOf(await finished(), other);
    expect(firstBad).toMatchObject({ seq: 3, reason: expect.stringContaining('answers no match') });
  });

  test.each([
    'started',
    'filtered',
    'unmatched',
    'dead_lettered',
    'succeeded',
    'failed',
    'noop',
  ] as const)('is where the router counted another number of %s', async (term) => {
    const station = await finished();
    const { seq } = await station.store.checkpoint(ROUTER);
    const { firstBad } = await auditOf(station, (records) => records, { [term]: 77 });
    expect(firstBad).toMatchObject({
      seq,
      reason: expect.stringContaining(`counted 77 ${term}`),
    });
  });

  test('does not mistake a foreign event for a letter of ours', async () => {
    const station = await finished();
    const foreign = (records: readonly LogRecord[]): LogRecord[] =>
      records.map((record) =>
        record.type === 'parked'
          ? { ...record, type: 'event.dead_lettered', source: 'tests' }
          : record,
      );
    expect((await auditOf(station, foreign)).firstBad).toBeNull();
  });
});
