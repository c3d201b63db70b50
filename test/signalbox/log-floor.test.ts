import { describe, expect, onTestFinished, test } from 'vitest';
import { flow } from '../../src/flows/code/flow.ts';
import { logFloor, type LogReaders } from '../../src/signalbox/log-floor.ts';
import { type Testbox, testbox } from '../../src/signalbox/testing/testbox.ts';
import type { TestboxOptions } from '../../src/signalbox/testing/testbox.ts';
import { RetryableError } from '../../src/std/errors.ts';
import { catalogOf, listens, Station } from '../routing/station.ts';

async function opened(setup: TestboxOptions['setup']): Promise<Testbox> {
  const made = await testbox({
    config: { retention: { events: '1h', decisions: '1h' } },
    flows: [flow('books', { on: 'order.placed' }, (step) => [step.emit('order.booked')])],
    ...(setup === undefined ? {} : { setup }),
  });
  onTestFinished(() => made.stop());
  return made;
}

/** Where the log begins once all is old that was there: the last event that was taken out. */
async function trimmed(made: Testbox): Promise<number> {
  await made.advance('2h');
  return made.engine.status().storage.trimmed;
}

describe('what is old is taken out', () => {
  test('where hooks are asked and never say anything', async () => {
    let asked = 0;
    const made = await opened((box) => box.hook('event:received', () => void asked++));
    const { seq } = await made.emit('order.placed', 1);
    expect(asked).toBe(1);
    expect(await trimmed(made)).toBeGreaterThanOrEqual(seq);
  });

  test('when a subscriber has taken it, however long that takes', async () => {
    const told: unknown[] = [];
    let isReady = false;
    const made = await opened((box) =>
      box.subscribe('order.placed', 'ledger', ({ data }) => {
        if (!isReady) throw new RetryableError('not yet', { afterMs: 600_000 });
        told.push(data);
      }),
    );
    const { seq } = await made.emit('order.placed', 1);
    await made.emit('order.placed', 2);
    expect(await trimmed(made)).toBeLessThan(seq);
    isReady = true;
    expect(await trimmed(made)).toBeGreaterThanOrEqual(seq);
    expect(told).toEqual([1, 2]);
  });
});

describe('the log is kept behind', () => {
  async function routed(): Promise<LogReaders> {
    const station = await Station.open({});
    await station.activate(catalogOf('floor', listens('ship', 'order.placed')));
    await station.start();
    for (let n = 0; n < 5; n++) await station.emit('order.placed', { n });
    await station.routed();
    const { store } = station;
    return { store, catalogs: { sourcesInForce: async () => [] }, tracer: undefined };
  }

  test('its router, where nobody else reads it', async () => {
    const readers = await routed();
    const { seq } = await readers.store.checkpoint('router');
    expect(await logFloor(readers)).toBe(seq);
  });

  test('who sends traces of it', async () => {
    expect(await logFloor({ ...(await routed()), tracer: { seen: 2 } })).toBe(2);
  });

  test('an event log that writes it down, and has to know what it wrote last', async () => {
    const readers = await routed();
    const name = 'event_log:log.jsonl';
    const cursor = (key: string, value: string) => ({ source: name, key, value });
    const cursors = [cursor('position', '9'), cursor('written', '3-4')];
    await readers.store.append({ writes: [], cursors });
    const source = { name, type: 'event_log', handlers: [], trust: 'trusted', config: {} } as const;
    const catalogs = { sourcesInForce: async () => [source] };
    expect(await logFloor({ ...readers, catalogs })).toBe(3);
  });
});
