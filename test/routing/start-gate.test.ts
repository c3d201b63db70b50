import { describe, expect, test } from 'vitest';
import type { Flow, QueueLimit } from '../../src/flows/flow.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import type { Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { held } from '../runs/scripted.ts';
import { catalogOf, listens, Station, type StationOptions } from './station.ts';
import { countOpen } from '../../src/views/queue-view.ts';

/** How long tests wait for the router, in tenths of seconds of its clock. */
const TURNS_MAX = 1_000;

const own = (name: string, queue: QueueLimit): Flow => ({ ...listens(name, 'pushed'), queue });

async function open(options: StationOptions, ...flows: readonly Flow[]): Promise<Station> {
  const station = await Station.open(options);
  await station.activate(catalogOf(flows.map(({ name }) => name).join(), ...flows));
  await station.start();
  return station;
}

/** Emits so many events, and lets each of them wait as long as it must. */
async function flood(station: Station, events: number): Promise<void> {
  for (let n = 0; n < events; n++) {
    expect(await station.emit('pushed', { n })).toMatchObject({ kind: 'accepted' });
    await station.settle();
    station.clock.advance(100);
    await station.settle();
  }
  await waited(station);
}

/** Resolves when everything is routed, which may have to wait for slots that never come. */
async function waited(station: Station): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX && station.router.at < station.store.head(); turn++) {
    station.clock.advance(100);
    await station.settle();
  }
  expect(station.router.at).toBe(station.store.head());
}

describe('a queue that is full', () => {
  test('drops what a user lets it drop, records each drop, and accounts for all', async () => {
    const { act, release, calls } = held();
    const rules = { limit: 3, overflow: 'drop' } as const;
    const station = await open({ act, slots: 1, rules }, listens('a', 'pushed'));
    await flood(station, 10);
    expect(countOpen(await station.store.lanes())).toMatchObject({ queued: 3, running: 1 });
    expect(await station.story('event.dropped')).toHaveLength(6);
    expect(station.router.tally).toMatchObject({ started: 4, dropped: 6, dead_lettered: 0 });
    const drop = (await station.records()).find(({ type }) => type === 'event.dropped');
    const reason = 'As many runs wait: "queue_limit" is 3.';
    const said = { flow: 'a', lane: 'a', reason };
    expect(JSON.parse(drop?.data ?? '')).toEqual({ event: drop?.causation, ...said });
    for (let n = 2; n <= 4; n++) {
      release();
      await station.until(() => calls.length === n);
    }
    release();
    await station.routed();
    await station.router.stop();
    expect(await station.audit()).toMatchObject({
      firstBad: null,
      sum: { started: 4, dropped: 6 },
    });
  });

  test('of one flow is its own matter, and another flow’s runs are queued on', async () => {
    const { act } = held();
    const flows = [
      own('one', { limit: 1, overflow: 'drop' }),
      own('two', { limit: 2, overflow: 'error' }),
      listens('all', 'pushed'),
    ];
    const station = await open({ act, slots: 1 }, ...flows);
    await flood(station, 5);
    const story = await station.story('run.started', 'event.dropped', 'event.dead_lettered');
    const times = (what: string): number => story.filter((each) => each === what).length;
    expect(times('run.started all')).toBe(5);
    expect(times('event.dropped one') + times('run.started one')).toBe(5);
    expect(times('run.started one')).toBeLessThanOrEqual(2);
    expect(times('event.dead_lettered two') + times('run.started two')).toBe(5);
    expect(times('run.started two')).toBe(2);
    await station.router.stop();
    expect(await station.audit()).toMatchObject({ firstBad: null });
  });

  test('makes dead letters that can be read as such', async () => {
    const { act } = held();
    const station = await open({ act, slots: 1 }, own('a', { limit: 1, overflow: 'error' }));
    await flood(station, 3);
    expect(await station.store.letters({ limit: 10 })).toMatchObject([
      { kind: 'event', flow: 'a', run: null, code: 'queue.full', attempts: 0, state: 'open' },
    ]);
  });

  test('starts no flow about what flows about drops would drop', async () => {
    const { act } = held();
    const rules = { limit: 1, overflow: 'drop' } as const;
    const flows = [listens('a', 'pushed'), listens('told', 'event.dropped')];
    const station = await open({ act, slots: 1, rules }, ...flows);
    await flood(station, 4);
    const drops = await station.story('event.dropped');
    expect(drops.filter((each) => each.endsWith(' a'))).toHaveLength(2);
    expect(drops.filter((each) => each.endsWith(' told'))).toHaveLength(2);
    await station.router.stop();
    expect(await station.audit()).toMatchObject({ firstBad: null });
  });

  test('never drops what finds a slot', async () => {
    const rules = { limit: 1, overflow: 'drop' } as const;
    const station = await open({ slots: 1, rules }, listens('a', 'pushed'));
    for (let n = 0; n < 50; n++) {
      await station.emit('pushed');
      await station.routed();
    }
    expect(station.router.tally).toMatchObject({ started: 50, dropped: 0 });
  });
});

/** Emits an event of its own type for each of `spread` items. */
function breeding(spread: number): (context: StepContext) => Promise<StepResult> {
  return async () => ({
    kind: 'done',
    output: null,
    emits: Array.from({ length: spread }, (_, n) => ({ type: 'pushed', data: { n } })),
  });
}

describe('a chain of causes', () => {
  test('that spreads with each turn ends when its budget is spent', async () => {
    const loopBudget = { runs: 40, time: 86_400_000 };
    const station = await open({ act: breeding(3), loopBudget }, listens('a', 'pushed'));
    await station.emit('pushed');
    await station.routed();
    // The root's run and the three of its events cost nothing, the next forty all there is.
    expect(await station.story('run.started')).toHaveLength(44);
    const letters = await station.store.letters({ limit: 1_000 });
    expect(new Set(letters.map(({ code }) => code))).toEqual(new Set(['chain.budget']));
    expect(letters).toHaveLength(1 + 3 * 44 - 44);
    await station.router.stop();
    expect(await station.audit()).toMatchObject({ firstBad: null, sum: { started: 44 } });
  });

  test('leaves other chains their budget', async () => {
    const loopBudget = { runs: 5, time: 86_400_000 };
    const station = await open({ act: breeding(1), loopBudget }, listens('a', 'pushed'));
    await station.emit('pushed');
    await station.routed();
    await station.emit('pushed');
    await station.routed();
    expect(await station.story('run.started')).toHaveLength(14);
  });

  test('loses nothing of its budget to rounds that could not be recorded', async () => {
    let failures = 4;
    const wrap = (store: Store): Store =>
      alteredStore(store, {
        append: (unit) => {
          const isDeep = unit.writes.some((write) => write.kind === 'open' && write.row.hops > 2);
          if (isDeep && failures-- > 0) return Promise.reject(new Error('not now'));
          return store.append(unit);
        },
      });
    const loopBudget = { runs: 5, time: 86_400_000 };
    const station = await open({ act: breeding(1), loopBudget, wrap }, listens('a', 'pushed'));
    await station.emit('pushed');
    for (let turn = 0; turn < 10; turn++) {
      await station.settle();
      station.clock.advance(1_000);
    }
    await station.routed();
    expect(failures).toBeLessThan(0);
    expect(await station.story('run.started')).toHaveLength(7);
  });
});
