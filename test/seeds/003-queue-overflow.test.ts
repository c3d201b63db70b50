import { describe, expect, test } from 'vitest';
import type { QueueOverflow } from '../../src/flows/flow.ts';
import type { Tally } from '../../src/routing/tally.ts';
import { catalogOf, listens, Station } from '../routing/station.ts';
import { held } from '../runs/scripted.ts';
import { countOpen } from '../../src/views/queue-view.ts';

/** As many events as come while the one slot is taken. */
const EVENTS = 8;
const LIMIT = 3;

/** What became of the events: at the door, and at the flow that wants them. */
async function overflow(
  queue_overflow: QueueOverflow,
): Promise<{ readonly refused: number; readonly tally: Tally; readonly queued: number }> {
  const { act } = held();
  const rules = { limit: LIMIT, overflow: queue_overflow };
  const station = await Station.open({ act, slots: 1, rules });
  await station.activate(catalogOf(`seed 003 ${queue_overflow}`, listens('a', 'pushed')));
  await station.start();
  let refused = 0;
  for (let n = 0; n <= EVENTS; n++) {
    if ((await station.emit('pushed', { n })).kind === 'refused') refused++;
    while (station.router.at < station.store.head()) {
      station.clock.advance(100);
      await station.settle();
    }
  }
  const { queued } = countOpen(await station.store.lanes());
  await station.router.stop();
  expect(await station.audit()).toMatchObject({ firstBad: null });
  return { refused, tally: station.router.tally, queued };
}

describe('003: test_queue_overflow_handling, "Queue overflow is handled per config."', () => {
  test('queue_overflow = "drop": what is too much is recorded, and starts nothing', async () => {
    const { refused, tally, queued } = await overflow('drop');
    expect({ refused, queued }).toEqual({ refused: 0, queued: LIMIT });
    expect(tally).toMatchObject({ started: 1 + LIMIT, dropped: EVENTS - LIMIT });
  });

  test('queue_overflow = "queue": nothing is too much', async () => {
    const { refused, tally, queued } = await overflow('queue');
    expect({ refused, queued }).toEqual({ refused: 0, queued: EVENTS });
    expect(tally).toMatchObject({ started: 1 + EVENTS, dropped: 0 });
  });

  test('queue_overflow = "error": who sends too much is told so', async () => {
    const { refused, tally, queued } = await overflow('error');
    expect({ refused, queued }).toEqual({ refused: EVENTS - LIMIT, queued: LIMIT });
    expect(tally).toMatchObject({ started: 1 + LIMIT, dropped: 0 });
  });
});
