import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { auditLog } from '../../src/routing/audit.ts';
import { Erasures } from '../../src/routing/erasure.ts';
import { ROUTER } from '../../src/routing/router.ts';
import { decodeTally } from '../../src/routing/tally.ts';
import type { StepResult } from '../../src/runs/step-kind.ts';
import type { LogRecord, Store } from '../../src/store/contract.ts';
import type { Json } from '../../src/std/json.ts';
import { KeyRing } from '../../src/store/secrets/key-ring.ts';
import { SecretTable } from '../../src/store/secrets/secret-table.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { expectSound } from './retention/tended.ts';
import { catalogOf, listens, Station, when } from './station.ts';

const large = when('payload.n > 1', (payload) => (payload as { readonly n: number }).n > 1);
const DECISION = { by: 'tests', reason: null };

function erasuresOf({ store, catalogs, router, time }: Station): Erasures {
  return new Erasures({ store, catalogs, routed: () => router.at, time });
}

async function openStation(wrap?: (store: Store) => Store): Promise<Station> {
  const act = async ({ flow }: { readonly flow: string }): Promise<StepResult> =>
    flow === 'nap' ? new Promise(() => {}) : { kind: 'done', output: null };
  const station = await Station.open({ act, ...(wrap === undefined ? {} : { wrap }) });
  const ship = listens('ship', { pattern: { event: 'order.placed' }, where: large });
  await station.activate(catalogOf('erasure', ship, listens('nap', 'nap')));
  await station.start();
  return station;
}

async function recordOf({ store }: Station, seq: number): Promise<LogRecord> {
  const [record] = await store.readAt([seq]);
  if (record === undefined) throw new Error(`there is no record ${seq}`);
  return record;
}

test('what flows made of an erased event is still proved, though its data is gone', async () => {
  const station = await openStation();
  await station.emit('order.placed', { n: 1 });
  await station.emit('order.placed', { n: 2 });
  await station.emit('nobody.hears', { n: 3 });
  await station.routed();
  const erasures = erasuresOf(station);
  for (const seq of [2, 3, 4]) {
    expect(await erasures.erase(await recordOf(station, seq), DECISION)).toBe(true);
    expect((await recordOf(station, seq)).data).toBe('{"erased":true}');
  }
  const said = await station.store.read({ after: 0, limit: 9, type: 'event.erased' });
  expect(said.map(({ data }) => JSON.parse(data) as unknown)).toMatchObject([
    { seq: 2, matches: [{ kind: 'filtered', flow: 'ship' }] },
    { seq: 3, matches: [{ kind: 'start', flow: 'ship' }] },
    { seq: 4, matches: [] },
  ]);
  await station.routed();
  await expectSound(station);
});

test('what of an event is sealed beside the log is forgotten with it', async () => {
  const station = await openStation();
  const { store } = station;
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-erasure-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const ring = new KeyRing(join(folder, 'secrets.key'));
  const table = new SecretTable({ store, ring, now: () => 0 });
  const [field, source] = [{ name: 'token', path: ['token'] }, 'webhook:a'];
  for (const n of [1, 2]) {
    const data = JSON.stringify({ token: 'hunter2-hunter2', n });
    const taken = table.take({ source, data }, [field], 1_000);
    await store.append({ writes: [], cursors: taken.seal(taken.data) });
    await station.emit('order.placed', JSON.parse(taken.data) as Json);
  }
  await station.routed();
  const open = async (event: LogRecord): Promise<string> =>
    (await table.open({ ...event, source }, ['token'])).kind;
  const [first, second] = [await recordOf(station, 2), await recordOf(station, 3)];
  expect([await open(first), await open(second)]).toEqual(['opened', 'opened']);
  await erasuresOf(station).erase(first, DECISION);
  expect([await open(first), await open(second)]).toEqual(['gone', 'opened']);
  expect(await store.cursors({ source: 'signalbox:secrets', limit: 9 })).toHaveLength(1);
});

test('our own records, what is not routed and what an open run needs are not erased', async () => {
  const station = await openStation();
  await station.emit('nap');
  await station.until(() => station.router.at === station.store.head());
  const erasures = erasuresOf(station);
  const refusal = { code: 'erase.refused' };
  await expect(erasures.erase(await recordOf(station, 1), DECISION)).rejects.toMatchObject(refusal);
  await expect(erasures.erase(await recordOf(station, 2), DECISION)).rejects.toMatchObject(refusal);
  const behind = { ...(await recordOf(station, 2)), seq: 1_000 };
  await expect(erasures.erase(behind, DECISION)).rejects.toMatchObject(refusal);
  expect(await station.store.read({ after: 0, limit: 9, type: 'event.erased' })).toEqual([]);
});

test('a crash between the record and the deed is made up for at the next start', async () => {
  const dying = (store: Store): Store => {
    const { care } = store;
    if (care === undefined) return store;
    const erase = async (): Promise<boolean> => Promise.reject(new Error('killed'));
    return alteredStore(store, { care: { ...care, erase } });
  };
  const station = await openStation(dying);
  await station.emit('order.placed', { n: 2, secret: 'x' });
  await station.routed();
  const event = await recordOf(station, 2);
  await expect(erasuresOf(station).erase(event, DECISION)).rejects.toThrow('killed');
  expect((await recordOf(station, 2)).data).toContain('secret');

  const next = await Station.open({}, station);
  await erasuresOf(next).complete();
  expect((await recordOf(next, 2)).data).toBe('{"erased":true}');
  await next.start();
  await expectSound(next);
  await erasuresOf(next).complete();
});

test('an event that is erased while the log is audited is what it was before', async () => {
  const station = await openStation();
  for (let n = 0; n < 2; n++) await station.emit('order.placed', { n: 2 });
  await station.routed();
  const erasures = erasuresOf(station);
  const { store } = station;
  let isRead = false;
  const read: Store['read'] = async (query) => {
    // Behind the reading of what was erased, and before that of the events themselves.
    if (query.type === undefined && !isRead) {
      isRead = true;
      await erasures.erase(await recordOf(station, 2), DECISION);
    }
    return store.read(query);
  };
  const watched = alteredStore(store, { read });
  const { seq: routed, state } = await store.checkpoint(ROUTER);
  const { catalogs } = station;
  const audited = { store: watched, catalogs, routed, counted: decodeTally(state) };
  expect((await auditLog(audited, () => {})).firstBad).toBeNull();
  expect(isRead).toBe(true);
});
