import { describe, expect, test } from 'vitest';
import type { Flow, Gather } from '../../src/flows/flow.ts';
import { Replays } from '../../src/routing/replays.ts';
import type { Json } from '../../src/std/json.ts';
import { scriptedHook } from './hooks/scripted-hook.ts';
import { catalogOf, listens, Station, type StationOptions } from './station.ts';

const pairs: Gather = { kind: 'batch', maxMs: 1_000, size: 2 };
const quiet: Gather = { kind: 'debounce', quietMs: 100, maxMs: 10_000, size: 10 };

function gathers(name: string, gather: Gather): Flow {
  return { ...listens(name, 'pushed'), gather };
}

/** A station under way, and the data that the steps of its runs saw. */
async function open(
  flows: readonly Flow[],
  options: StationOptions = {},
): Promise<{ readonly station: Station; readonly seen: Json[] }> {
  const seen: Json[] = [];
  const station = await Station.open({
    ...options,
    act: async ({ event }) => {
      seen.push(event.data);
      return { kind: 'done', output: null };
    },
  });
  await station.activate(catalogOf('gathering', ...flows));
  await station.start();
  return { station, seen };
}

async function passes(station: Station, ms: number): Promise<void> {
  await station.settle();
  station.clock.advance(ms);
  await station.settle();
  await station.routed();
  await station.settle();
}

/** What the runs saw of the events of their windows. */
function members(seen: readonly Json[]): unknown[] {
  return seen.map((data) => {
    const { events } = data as { readonly events: readonly { readonly data: Json }[] };
    return events.map((event) => event.data);
  });
}

test('a window closes also where nothing that came behind its events was recorded', async () => {
  const { station, seen } = await open([gathers('digest', quiet)]);
  await station.emit('pushed', { n: 1 });
  await station.settle();
  await station.emit('nobody.listens');
  await passes(station, 200);
  expect(members(seen)).toEqual([[{ n: 1 }]]);
  await station.emit('pushed', { n: 2 });
  await passes(station, 200);
  expect(members(seen)).toEqual([[{ n: 1 }], [{ n: 2 }]]);
  expect(station.router.trouble).toBeUndefined();
  expect(station.lines.filter(({ level }) => level === 'error')).toEqual([]);
  expect((await station.audit()).firstBad).toBeNull();
  await station.stop();
});

describe('what hooks made of an event', () => {
  const hook = scriptedHook(({ event }) =>
    event.type === 'pushed' ? { action: 'modify', data: { secret: 'hidden' } } : undefined,
  );

  test('is what the run of a window sees', async () => {
    const { station, seen } = await open([gathers('digest', pairs)], { hooks: [hook] });
    await station.emit('pushed', { secret: 'one' });
    await station.emit('pushed', { secret: 'two' });
    await passes(station, 100);
    expect(members(seen)).toEqual([[{ secret: 'hidden' }, { secret: 'hidden' }]]);
    await station.stop();
  });

  test('is what a flow sees that has it again', async () => {
    const { station, seen } = await open([listens('greet', 'pushed')], { hooks: [hook] });
    await station.emit('pushed', { secret: 'one' });
    await passes(station, 100);
    await replay(station, 'greet');
    await passes(station, 100);
    expect(seen).toEqual([{ secret: 'hidden' }, { secret: 'hidden' }]);
    await station.stop();
  });
});

test('a flow that gathers has a replayed event in a window, as the event that it was', async () => {
  const { station, seen } = await open([gathers('digest', pairs), listens('again', 'event.*')]);
  await station.emit('pushed', { n: 1 });
  await station.emit('pushed', { n: 2 });
  await passes(station, 100);
  await replay(station, 'digest');
  await station.emit('pushed', { n: 3 });
  await passes(station, 100);
  expect(members(seen.filter((data) => 'key' in (data as object)))).toEqual([
    [{ n: 1 }, { n: 2 }],
    [{ n: 1 }, { n: 3 }],
  ]);
  expect((await station.audit()).firstBad).toBeNull();
  await station.stop();
});

/** Lets one flow have the first event again. */
async function replay(station: Station, flow: string): Promise<void> {
  const { store, catalogs, time, door } = station;
  const event = (await station.records()).find(({ type }) => type === 'pushed');
  if (event === undefined) throw new Error('nothing was emitted');
  const replays = new Replays({ store, catalogs, door, time });
  expect(await replays.replay({ event, flow, by: 'ann' })).toMatchObject({ kind: 'accepted' });
}
