import { expect, test } from 'vitest';
import { held } from '../runs/scripted.ts';
import { catalogOf, listens, Station } from '../routing/station.ts';
import { countOpen } from '../../src/views/queue-view.ts';

test('test_concurrent_handler_limit: "Max concurrent handlers is respected."', async () => {
  const { act, calls, release } = held();
  const station = await Station.open({ act, slots: 3 });
  const handlers = ['on-code-change', 'on-pr', 'weekly-summary'];
  const flows = handlers.map((name) => listens(name, name));
  await station.activate(catalogOf('003-concurrency', ...flows));
  await station.start();
  let underWay = 0;
  for (let n = 0; n < 12; n++) await station.emit(handlers[n % 3] ?? '');
  for (let seen = 3; seen <= 12; seen++) {
    await station.until(() => calls.length === seen);
    const [running] = [countOpen(await station.store.lanes()).running];
    underWay = Math.max(underWay, running);
    station.clock.advance(100);
    await station.settle();
    expect(calls).toHaveLength(seen);
    release(calls[seen - 3]?.run);
  }
  release();
  await station.routed();
  expect(underWay).toBe(3);
  expect(await station.story('run.succeeded')).toHaveLength(12);
});
