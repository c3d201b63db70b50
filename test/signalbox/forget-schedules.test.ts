import { expect, test } from 'vitest';
import { forgetSchedules } from '../../src/signalbox/forget-schedules.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import type { SourceDefinition } from '../../src/flows/source.ts';
import { sqliteLogs } from '../simulation/engine/durable-log.ts';

const newLog = await sqliteLogs();

function source(type: string, name: string): SourceDefinition {
  return { name: `${type}:${name}`, type, handlers: [], trust: 'trusted', config: {} };
}

test('003: persist_last_run: false, each schedule begins anew, no other source', async () => {
  const store = await newLog().open(new SimulatedClock());
  const sources = [source('schedule', 'weekly'), source('file_change', 'src')];
  const rows = sources.flatMap(({ name }) => [
    { source: name, key: 'last', value: '2026-11-20T09:00:00.000Z' },
    { source: name, key: 'mark', value: '2026-11-20T09:00:00.000Z' },
  ]);
  await store.append({ writes: [], cursors: rows });
  await forgetSchedules(store, { sourcesInForce: async () => sources });
  const left = async (name: string): Promise<number> =>
    (await store.cursors({ source: name, limit: 10 })).length;
  expect([await left('schedule:weekly'), await left('file_change:src')]).toEqual([0, 2]);
  await store.close();
});
