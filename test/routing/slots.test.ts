import { describe, expect, test } from 'vitest';
import { held } from '../runs/scripted.ts';
import { catalogOf, listens, Station, type StationOptions } from './station.ts';
import { countOpen } from '../../src/views/queue-view.ts';

const catalog = catalogOf('slots', listens('greet', 'pushed'));

/** A station under way, whose catalog is in force. */
async function open(options: StationOptions = {}, flows = catalog): Promise<Station> {
  const station = await Station.open(options);
  await station.activate(flows);
  await station.start();
  return station;
}

describe('where no slot is free', () => {
  test('events wait in the log, and are begun as one is', async () => {
    const { act, calls, release } = held();
    const station = await open({ act, slots: 1 });
    await station.emit('pushed', { n: 2 });
    await station.until(() => calls.length === 1);
    await station.emit('pushed', { n: 2 });
    await station.settle();
    expect(await station.story('run.started')).toHaveLength(1);
    release();
    await station.until(() => calls.length === 2);
    const [run] = await station.store.runs({ limit: 1 });
    expect(run).toMatchObject({ state: 'running', attempt: 1, due: null });
    release();
    await station.routed();
  });

  test('runs are queued for people to see when that takes too long', async () => {
    const { act, calls, release } = held();
    const station = await open({ act, slots: 1 });
    for (let n = 0; n < 4; n++) await station.emit('pushed', { n: 2 });
    await station.until(() => calls.length === 1);
    for (let n = 0; n < 3; n++) {
      await station.settle();
      station.clock.advance(100);
    }
    await station.settle();
    expect(countOpen(await station.store.lanes())).toEqual({
      queued: 3,
      running: 1,
      waiting: 0,
      paused: 0,
    });
    for (let n = 2; n <= 4; n++) {
      release();
      await station.until(() => calls.length === n);
    }
    release();
    await station.routed();
    expect(await station.story('run.succeeded')).toHaveLength(4);
    const runs = calls.map(({ run }) => Number(run.split('-').at(-1)));
    expect(runs).toEqual(runs.toSorted((a, b) => a - b));
  });

  test('an event that starts more than there are, starts what it can', async () => {
    const { act, calls, release } = held();
    const many = Array.from({ length: 5 }, (_, i) => listens(`flow-${i}`, 'pushed'));
    const station = await open({ act, slots: 2 }, catalogOf('many', ...many));
    await station.emit('pushed');
    await station.until(() => calls.length === 2);
    expect(countOpen(await station.store.lanes())).toEqual({
      queued: 3,
      running: 2,
      waiting: 0,
      paused: 0,
    });
    for (const seen of [4, 5]) {
      release();
      await station.until(() => calls.length === seen);
    }
    release();
    await station.routed();
    expect(await station.story('run.succeeded')).toHaveLength(5);
  });

  test('nobody who waited is remembered for ever', async () => {
    const { act, calls } = held();
    const station = await open({ act, slots: 1 });
    await station.emit('pushed', { n: 2 });
    await station.until(() => calls.length === 1);
    let listeners = 0;
    const { lanes } = station.runner;
    const onFree = lanes.onFree.bind(lanes);
    lanes.onFree = (listener) => {
      listeners++;
      const forget = onFree(listener);
      return () => {
        listeners--;
        forget();
      };
    };
    for (let n = 0; n < 20; n++) {
      await station.emit('pushed', { n: 2 });
      await station.settle();
      station.clock.advance(100);
      await station.settle();
    }
    expect(listeners).toBeLessThanOrEqual(2);
  });
});
