import { expect, test } from 'vitest';
import { viewEvent } from '../../src/views/event-view.ts';
import { pinnedFlow } from '../../src/views/run-page.ts';
import { explainWhyNot } from '../../src/views/why-not.ts';
import { idOf } from '../../src/store/record.ts';
import type { Flow } from '../../src/flows/flow.ts';
import { catalogOf, listens, Station } from '../routing/station.ts';
import { readerOf } from './reader.ts';

const digest: Flow = {
  ...listens('digest', 'pushed'),
  gather: { kind: 'debounce', quietMs: 100, maxMs: 10_000, size: 10 },
};

test('a window that closes behind a reload is shown under the flows of before', async () => {
  const station = await Station.open();
  await station.activate(catalogOf('window-view-gathers', digest));
  await station.start();
  await station.emit('pushed');
  await station.routed();
  await station.activate(catalogOf('window-view-without', listens('other', 'pulled')));
  await station.settle();
  station.clock.advance(200);
  await station.settle();
  await station.routed();
  const closed = (await station.records()).find(({ type }) => type === 'window.closed');
  if (closed === undefined) throw new Error('no window was closed');
  const reader = readerOf(station);
  const started = { flow: 'digest', outcome: 'started' };
  expect(await viewEvent(reader, closed)).toMatchObject({ disposition: [started] });
  expect(
    await explainWhyNot(reader, idOf(station.store.identity, closed.seq), 'digest'),
  ).toMatchObject({ catalog: 'window-view-gathers', outcome: 'started' });
  const [row] = await station.store.runs({ limit: 1 });
  expect(row && (await pinnedFlow(reader, row))).toBe(digest);
  await station.stop();
});
