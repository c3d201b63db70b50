import { describe, expect, test } from 'vitest';
import { auditLog } from '../../src/routing/audit.ts';
import { ROUTER } from '../../src/routing/router.ts';
import { decodeTally, type Tally } from '../../src/routing/tally.ts';
import type { LogRecord, Store } from '../../src/store/contract.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import { callOf, eachOf, parallelOf, stepOf } from '../runs/pieces.ts';
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

const FAILURE: StepResult = {
  kind: 'fail',
  error: { code: 'x', message: 'not now', happened: 'no' },
};

/** Flows that fork, call, fail and sleep. */
const repairedFlows = [
  {
    ...listens('wide', 'pushed'),
    steps: [
      eachOf('all', [stepOf()]),
      parallelOf('both', stepOf({ id: 'left' }), stepOf({ id: 'right' })),
      callOf('ask', 'other'),
      callOf('tell', 'other', { detach: true }),
    ],
  },
  { ...listens('other', 'never'), steps: [stepOf()] },
  { ...listens('shaky', 'pulled'), steps: [stepOf({ id: 'shaky' })] },
  { ...listens('held', 'parked'), steps: [stepOf({ id: 'nap' })] },
];

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
        declined: 0,
        cancelled: 0,
        compensated: 0,
        compensation_stuck: 0,
        called: 0,
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

  test('may hold runs that others opened, and what people did to runs', async () => {
    const repairs = catalogOf('repairs', ...repairedFlows);
    const shaky: StepResult[] = [FAILURE];
    const act = async ({ step, now }: StepContext): Promise<StepResult> => {
      if (step === 'nap') return { kind: 'wait', until: now + 3_600_000 };
      return (step === 'shaky' ? shaky.pop() : undefined) ?? { kind: 'done', output: null };
    };
    const station = await Station.open({ act });
    const { runner, store, clock } = station;
    await station.activate(repairs);
    await station.start();
    for (const type of ['pushed', 'pulled', 'parked']) await station.emit(type, { items: [1, 2] });
    const passing = async (): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) {
        await station.settle();
        clock.advance(1);
      }
    };
    await passing();
    const [failed] = await store.runs({ limit: 9, state: 'failed' });
    await runner.repair.retry(failed?.id ?? 0, { by: 'ann', reason: null });
    const [asleep] = await store.runs({ limit: 9, state: 'waiting' });
    await runner.repair.cancel(asleep?.id ?? 0, { by: 'ann', reason: null });
    await passing();
    await station.routed();
    await station.router.stop();
    expect(await station.audit()).toMatchObject({
      firstBad: null,
      sum: { started: 3, called: 2, succeeded: 4, failed: 0, cancelled: 1 },
    });
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
    'cancelled',
    'called',
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
