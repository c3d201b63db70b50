import { expect, test } from 'vitest';
import type { Flow } from '../../src/flows/flow.ts';
import type { RunState } from '../../src/store/contract.ts';
import { idOf } from '../../src/store/record.ts';
import { keyOf } from '../runs/lanes-model.ts';
import { held } from '../runs/scripted.ts';
import { catalogOf, listens, Station } from './station.ts';

/** A flow that replaces its oldest runs, and keeps the order of each branch. */
function deploys(limit: number): Flow {
  const concurrency = { limit, onFull: 'replace' } as const;
  return { ...listens('deploy', 'pushed'), order: keyOf('branch'), concurrency };
}

/** The runs in this state, oldest first, by their shown ids. */
async function runsOf(station: Station, state: RunState): Promise<string[]> {
  const runs = await station.store.runs({ limit: 100, state });
  return runs.map(({ id }) => idOf(station.store.identity, id)).toReversed();
}

test('runs make way for each other in all lanes that share their limit, oldest first', async () => {
  const { act, calls, release } = held();
  const station = await Station.open({ act });
  const other = listens('other', 'pulled');
  await station.activate(catalogOf('replacing', deploys(2), other));
  await station.start();
  await station.emit('pulled');
  for (let n = 0; n < 5; n++) {
    await station.emit('pushed', { branch: `b${n}` });
    await station.until(() => calls.length === n + 2);
  }
  await station.settle();
  const started = calls.slice(1).map(({ run }) => run);
  expect(await runsOf(station, 'cancelled')).toEqual(started.slice(0, 3));
  release();
  await station.routed();
  await station.stop();
});

test('as many runs make way as there are too many', async () => {
  const { act, calls, release } = held();
  const station = await Station.open({ act, slots: 20 });
  await station.activate(catalogOf('many', deploys(6)));
  await station.start();
  for (let n = 0; n < 6; n++) await station.emit('pushed', { branch: `b${n}` });
  await station.until(() => calls.length === 6);
  await station.activate(catalogOf('few', deploys(2)));
  await station.runner.useFlows();
  await station.emit('pushed', { branch: 'last' });
  await station.until(() => calls.length === 7);
  await station.settle();
  const started = calls.map(({ run }) => run);
  expect(await runsOf(station, 'running')).toEqual(started.slice(-2));
  release();
  await station.routed();
  await station.stop();
});
