import { expect, test } from 'vitest';
import type { Flow, Gather } from '../../src/flows/flow.ts';
import { parseFiles } from '../../src/flows/parse.ts';
import type { SourceShape } from '../../src/flows/source-shape.ts';
import { variablesOf } from '../../src/flows/variables.ts';
import { z } from 'zod';
import { isObject } from '../../src/std/json.ts';
import { SHAPES } from '../flows/shapes.ts';
import { catalogOf, listens, Station } from './station.ts';

const BELL: SourceShape = {
  type: 'bell',
  schema: z.strictObject({}),
  secretKeys: [],
  nameOf: () => undefined,
  trustOf: () => 'trusted',
  emits: ['*'],
};

/** The flow that these sources name, with a step of the station's instead of its own. */
function flowOf(sources: string): Flow {
  const text = `sources: ${sources}\nhandlers: { ring: { emit: rang } }`;
  const { flows, findings } = parseFiles([{ path: 'signalbox.yaml', text }], {
    shapes: SHAPES,
    sourceShapes: [BELL],
    variables: variablesOf({ env: {}, readFile: () => '' }),
    settings: { keys: [], read: () => undefined },
  });
  expect(findings).toEqual([]);
  const flow = flows.get('ring');
  if (flow === undefined) throw new Error('there is no such flow');
  return { ...flow, steps: listens('ring').steps };
}

/** A station under way on one flow; what its runs saw, a window by the data of its events. */
async function open(flow: Flow): Promise<{ station: Station; seen: unknown[] }> {
  const seen: unknown[] = [];
  const station = await Station.open({
    act: async ({ event }) => {
      const events = isObject(event.data) ? event.data['events'] : undefined;
      const datas = Array.isArray(events)
        ? events.map((each) => (isObject(each) ? each['data'] : each))
        : event.data;
      seen.push(datas);
      return { kind: 'done', output: null };
    },
  });
  await station.activate(catalogOf(`source ${JSON.stringify(flow.triggers)}`, flow));
  await station.start();
  return { station, seen };
}

async function passes(station: Station, ms: number): Promise<void> {
  await station.settle();
  station.clock.advance(ms);
  await station.settle();
}

test('the windows of two sources of one handler never mix', async () => {
  const flow = flowOf(`[
    { type: bell, name: a, handler: ring, batch: { size: 2 } },
    { type: bell, name: b, handler: ring, debounce: { wait: 1s, key: payload.k } },
    { type: bell, name: c, handler: ring }]`);
  const { station, seen } = await open(flow);
  await station.emit('x', { k: 1, n: 1 }, { source: 'bell:a' });
  await station.emit('x', { k: 1, n: 2 }, { source: 'bell:b' });
  await station.emit('x', { k: 2, n: 3 }, { source: 'bell:b' });
  await station.emit('x', { k: 1, n: 4 }, { source: 'bell:b' });
  await station.emit('x', { k: 1, n: 5 }, { source: 'bell:c' });
  await passes(station, 100);
  expect(seen).toEqual([{ k: 1, n: 5 }]);
  await station.emit('x', { k: 1, n: 6 }, { source: 'bell:a' });
  await passes(station, 100);
  expect(seen.slice(1)).toEqual([
    [
      { k: 1, n: 1 },
      { k: 1, n: 6 },
    ],
  ]);
  await passes(station, 2_000);
  await station.routed();
  expect(seen.slice(2)).toEqual(
    expect.arrayContaining([
      [
        { k: 1, n: 2 },
        { k: 1, n: 4 },
      ],
      [{ k: 2, n: 3 }],
    ]),
  );
  expect(await station.audit()).toMatchObject({ firstBad: null });
  await station.stop();
});

test('a source that is throttled holds up its own events, by key, and no others', async () => {
  const flow = flowOf(`[
    { type: bell, name: a, handler: ring, throttle: { limit: 1, per: 1h, key: payload.k } },
    { type: bell, name: b, handler: ring, throttle: { limit: 1, per: 1h } },
    { type: bell, name: c, handler: ring }]`);
  const { station, seen } = await open(flow);
  for (const source of ['bell:a', 'bell:b', 'bell:c']) {
    for (const k of [1, 1, 2]) await station.emit('x', { source, k }, { source });
  }
  await passes(station, 100);
  const of = (source: string): unknown[] =>
    seen.flatMap((data) => (isObject(data) && data['source'] === source ? [data['k']] : []));
  expect([of('bell:a'), of('bell:b'), of('bell:c')]).toEqual([[1, 2], [1], [1, 1, 2]]);
  await station.stop();
});

const OWN: Gather = { kind: 'batch', maxMs: 1_000, size: 2 };

test('an event that the flow has again goes into the window of its source', async () => {
  const flow: Flow = {
    ...listens('ring', { pattern: { event: '*', source: 'bell:a' }, gather: OWN }, 'y'),
  };
  const { station, seen } = await open(flow);
  await station.emit('y', { n: 0 });
  await station.emit('x', { n: 1 }, { source: 'bell:a' });
  await passes(station, 10);
  expect(seen).toEqual([{ n: 0 }]);
  await passes(station, 2_000);
  await station.routed();
  expect(seen).toEqual([{ n: 0 }, [{ n: 1 }]]);
  await station.stop();
});
