import { describe, expect, test } from 'vitest';
import type { Flow, QueueLimit } from '../../src/flows/flow.ts';
import { viewEvent } from '../../src/views/event-view.ts';
import { readHistory } from '../../src/views/history.ts';
import { viewLimits } from '../../src/views/limits-view.ts';
import { explainWhyNot } from '../../src/views/why-not.ts';
import { catalogOf, listens, Station } from '../routing/station.ts';
import { held } from '../runs/scripted.ts';
import { readerOf } from './reader.ts';

const own = (name: string, queue: QueueLimit): Flow => ({ ...listens(name, 'pushed'), queue });
const FULL = (flow: string): string => `As many runs wait: "queue_limit" of flow "${flow}" is 1.`;

/** Three events for one slot and queues of one: the last one starts nothing. */
async function crowded(): Promise<{ readonly station: Station; readonly last: number }> {
  const { act } = held();
  const station = await Station.open({ act, slots: 1 });
  const flows = [
    own('dropping', { limit: 1, overflow: 'drop' }),
    own('failing', { limit: 1, overflow: 'error' }),
  ];
  await station.activate(catalogOf('refused starts', ...flows));
  await station.start();
  let last = 0;
  for (let n = 0; n < 3; n++) {
    const admission = await station.emit('pushed');
    last = admission.kind === 'accepted' ? admission.seq : 0;
    while (station.router.at < last) {
      await station.settle();
      station.clock.advance(100);
    }
  }
  return { station, last };
}

describe('an event that found the queue full', () => {
  test('tells at each flow what became of it, and why', async () => {
    const { station, last } = await crowded();
    const [record] = await station.store.read({ after: last - 1, limit: 1 });
    if (record === undefined) throw new Error('the event is not there');
    expect((await viewEvent(readerOf(station), record)).disposition).toEqual([
      { flow: 'dropping', outcome: 'dropped', reason: FULL('dropping'), run: null },
      { flow: 'failing', outcome: 'dead_lettered', reason: FULL('failing'), run: null },
    ]);
  });

  test('is explained by the limit and not by its triggers, which take it', async () => {
    const { station, last } = await crowded();
    const reader = readerOf(station);
    expect(await explainWhyNot(reader, String(last), 'dropping')).toMatchObject({
      outcome: 'dropped',
      reason: FULL('dropping'),
      triggers: [{ verdict: 'starts' }],
    });
    expect(await explainWhyNot(reader, String(last), 'failing')).toMatchObject({
      outcome: 'dead_lettered',
      reason: FULL('failing'),
    });
  });

  test('is told in a sentence in the history', async () => {
    const { station, last } = await crowded();
    const { items } = await readHistory(readerOf(station), { limit: 10 });
    expect(items.find(({ seq }) => seq === last)?.fate).toBe(
      `flow "dropping" dropped it: ${FULL('dropping')}; ` +
        `flow "failing" could not take it: ${FULL('failing')}`,
    );
  });
});

test('an event of our own actor is filtered by that rule, and not by a condition', async () => {
  const station = await Station.open();
  await station.activate(catalogOf('own actor', listens('answer', 'commented')));
  await station.start();
  await station.emit('commented', {}, { actor: 'signalbox' });
  await station.routed();
  const { items } = await readHistory(readerOf(station), { limit: 1 });
  const why = 'its actor "signalbox" is one of our own, and the trigger does not say "own: true"';
  expect(items[0]?.fates).toMatchObject([{ outcome: 'filtered', rule: 'own actor', reason: why }]);
  expect(items[0]?.fate).toBe(`flow "answer" filtered it: ${why}`);
  expect(await explainWhyNot(readerOf(station), '2', 'answer')).toMatchObject({ reason: why });
});

test('the queue of a flow is shown under the keys by which it is written', () => {
  const limits = (queue: QueueLimit): object => viewLimits(own('a', queue));
  expect(limits({ limit: 3, overflow: 'drop' })).toEqual({
    queue_limit: 3,
    queue_overflow: 'drop',
  });
  expect(limits({ limit: 3 })).toEqual({ queue_limit: 3 });
  expect(limits({ overflow: 'error' })).toEqual({ queue_overflow: 'error' });
});
