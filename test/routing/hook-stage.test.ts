import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/std/json.ts';
import type { Store, Unit } from '../../src/store/contract.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import { ROUTER } from '../../src/routing/router.ts';
import { HOOKS } from '../../src/runs/amended.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { type ScriptedHook, scriptedHook } from './hooks/scripted-hook.ts';
import { catalogOf, listens, Station, type StationOptions, when } from './station.ts';
import { countOpen } from '../../src/views/queue-view.ts';

const odd = when('odd', (payload) => (payload as { readonly n: number }).n % 2 === 1);

const catalog = catalogOf(
  'hook-stage',
  listens('greet', 'pushed'),
  listens('odd', { pattern: { event: 'pushed' }, where: odd }),
  listens('elsewhere', { pattern: { event: 'pulled', source: 'nobody' } }),
  listens('letters', 'event.dead_lettered', 'event.filtered'),
);

/** What the steps of a station saw as their event's data. */
interface Seen {
  readonly seen: Json[];
  readonly act: (context: StepContext) => Promise<StepResult>;
}

function watching(): Seen {
  const seen: Json[] = [];
  const act = async ({ event }: StepContext): Promise<StepResult> => {
    seen.push(event.data);
    return { kind: 'done', output: null };
  };
  return { seen, act };
}

async function open(
  options: StationOptions & { readonly hooks: readonly ScriptedHook[] },
): Promise<Station> {
  const station = await Station.open(options);
  await station.activate(catalog);
  await station.start();
  return station;
}

/** Lets nothing of a consumer be recorded, as where the daemon dies before that. */
function without(consumer: string): (store: Store) => Store {
  const never = new Promise<never>(() => {});
  return (store) =>
    alteredStore(store, {
      append: (unit: Unit) => {
        return unit.checkpoint?.consumer === consumer ? never : store.append(unit);
      },
    });
}

async function verdicts(station: Station): Promise<unknown[]> {
  const records = await station.records();
  return records.flatMap(({ type, data, causation, hops }) => {
    if (type !== 'event.filtered' && type !== 'event.amended') return [];
    return [{ type, causation, hops, ...(JSON.parse(data) as object) }];
  });
}

describe('an event from outside that a flow may want', () => {
  test('goes on where no hook minds', async () => {
    const hooks = [scriptedHook(() => undefined), scriptedHook(() => ({ action: 'continue' }))];
    const station = await open({ hooks });
    await station.emit('pushed', { n: 1 });
    await station.routed();
    expect(await station.story('run.started')).toEqual(['run.started greet', 'run.started odd']);
    expect(await verdicts(station)).toEqual([]);
    expect((await station.store.checkpoint(HOOKS)).seq).toBe(0);
    for (const { asked } of hooks) {
      expect(asked).toMatchObject([
        {
          hook: 'event:received',
          event: { type: 'pushed', source: 'tests', seq: 2, data: { n: 1 } },
          handler: null,
          run: null,
          result: null,
          reason: null,
        },
      ]);
    }
    expect((await station.audit()).firstBad).toBeNull();
    await station.stop();
  });

  test('starts nothing where one says so, which is recorded and counted', async () => {
    const first = scriptedHook(({ event }) => {
      const { bot } = event.data as { readonly bot?: boolean };
      return bot === true ? { action: 'skip', reason: 'a bot' } : { action: 'continue' };
    });
    const second = scriptedHook(() => undefined);
    const station = await open({ hooks: [first, second] });
    await Promise.all([
      station.emit('pushed', { n: 1, bot: true }),
      station.emit('pulled', { bot: true }),
      station.emit('pushed', { n: 2 }),
    ]);
    await station.routed();
    expect(await verdicts(station)).toEqual([
      {
        type: 'event.filtered',
        causation: 2,
        hops: 1,
        event: 2,
        action: 'skip',
        hook: 'scripted',
        reason: 'a bot',
      },
      expect.objectContaining({ event: 3, action: 'skip' }),
    ]);
    expect(second.asked.map(({ event }) => event.seq)).toEqual([4]);
    expect(station.router.tally).toMatchObject({ filtered: 3, dead_lettered: 0 });
    // A flow may hear of what was filtered.
    expect(await station.story('run.started')).toEqual([
      'run.started greet',
      'run.started letters',
      'run.started letters',
    ]);
    expect((await station.audit()).firstBad).toBeNull();
    await station.stop();
  });

  test('is seen by conditions and steps as hooks amend it, one on top of the other', async () => {
    const { seen, act } = watching();
    const first = scriptedHook(() => ({ action: 'modify', data: { n: 3 } }), { title: 'first' });
    const second = scriptedHook(
      ({ event }) => ({
        action: 'modify',
        data: { m: (event.data as { readonly n: number }).n + 1 },
      }),
      { title: 'second' },
    );
    const station = await open({ hooks: [first, second], act });
    await station.emit('pushed', { n: 2, name: 'ann' });
    await station.routed();
    expect(await station.story('run.succeeded')).toHaveLength(2);
    expect(seen).toEqual([
      { n: 3, name: 'ann', m: 4 },
      { n: 3, name: 'ann', m: 4 },
    ]);
    expect(await verdicts(station)).toEqual([
      {
        type: 'event.amended',
        causation: 2,
        hops: 1,
        event: 2,
        hook: 'first, second',
        data: { n: 3, name: 'ann', m: 4 },
      },
    ]);
    expect((await station.records())[1]?.data).toBe('{"n":2,"name":"ann"}');
    expect((await station.audit()).firstBad).toBeNull();
    await station.stop();
  });

  test('is no call of another run, whatever a hook calls its data', async () => {
    const hook = scriptedHook(() => ({ action: 'modify', data: { parent: 'x' } }));
    const station = await open({ hooks: [hook] });
    await station.emit('pushed', { n: 2 });
    await station.routed();
    expect(station.router.tally).toMatchObject({ started: 1, called: 0 });
    await station.router.stop();
    expect(await station.audit()).toMatchObject({ firstBad: null, sum: { started: 1, called: 0 } });
    await station.stop();
  });

  test('goes on or is denied where a hook fails, as it declares', async () => {
    const open_ = scriptedHook(() => ({ fails: 'it threw' }));
    const closed = scriptedHook(({ event }) => (event.seq === 2 ? { fails: 'it threw' } : []), {
      onFailure: 'closed',
    });
    const station = await open({ hooks: [open_, closed] });
    await station.emit('pushed', { n: 2 });
    await station.emit('pushed', { n: 4 });
    await station.routed();
    expect(await verdicts(station)).toMatchObject([
      { event: 2, action: 'deny', reason: 'the hook failed: it threw' },
      { event: 3, action: 'deny', reason: expect.stringContaining('no answer') as string },
    ]);
    expect([open_.failures, closed.failures]).toEqual([2, 2]);
    await station.stop();
  });
});

test('hooks hear only of what comes from outside, and only what they listen to', async () => {
  const all = scriptedHook(() => ({ action: 'skip' }));
  const some = scriptedHook(() => undefined, { events: 'pul*' });
  const station = await open({ hooks: [some, all] });
  for (const type of ['pushed', 'pulled', 'ignored']) await station.emit(type, { n: 1 });
  await station.routed();
  // Neither of the type that no flow listens to, nor of the letters, the verdicts and the runs.
  expect(all.asked.map(({ event }) => event.type)).toEqual(['pushed', 'pulled']);
  expect(some.asked.map(({ event }) => event.type)).toEqual(['pulled']);
  await station.stop();
});

test('a thousand events are asked about and routed in their order', async () => {
  const hooks = [scriptedHook(() => Promise.resolve(undefined)), scriptedHook(() => undefined)];
  const station = await open({ hooks, slots: 2_000 });
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => station.emit('pushed', { n: 2 * n })));
  await station.routed();
  for (const { asked } of hooks) {
    const numbers = asked.map(({ event }) => (event.data as { readonly n: number }).n / 2);
    expect(numbers).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  }
  const records = await station.records();
  const started = records.filter(({ type }) => type === 'run.started');
  const events = started.map(({ causation }) => causation ?? 0);
  expect(events).toHaveLength(1_000);
  expect(events).toEqual(events.toSorted((a, b) => a - b));
  await station.stop();
});

describe('after a crash', () => {
  test('what was said holds, for a run that starts only then, and without any hook', async () => {
    const hook = scriptedHook(({ event }) =>
      event.seq === 2 ? { action: 'modify', data: { n: 1 } } : { action: 'deny', reason: 'no' },
    );
    const dead = await open({ hooks: [hook], wrap: without(ROUTER) });
    await dead.emit('pushed', { n: 2, name: 'ann' });
    await dead.settle();
    await dead.emit('pushed', { n: 3 });
    await dead.settle();
    expect(hook.asked).toHaveLength(2);

    const { seen, act } = watching();
    const station = await Station.open({ act }, dead);
    await station.start();
    await station.routed();
    expect(await station.story('run.started')).toEqual([
      'run.started greet',
      'run.started odd',
      'run.started letters',
    ]);
    expect(seen.slice(0, 2)).toEqual([
      { n: 1, name: 'ann' },
      { n: 1, name: 'ann' },
    ]);
    expect(station.router.tally).toMatchObject({ started: 3, filtered: 2 });
    expect(await verdicts(station)).toHaveLength(2);
    expect((await station.audit()).firstBad).toBeNull();
    await station.stop();
  });

  test('a run that was queued sees what hooks made of its event', async () => {
    const hook = scriptedHook(() => ({ action: 'modify', data: { n: 4 } }));
    const stuck = await open({ hooks: [hook], slots: 1, act: () => new Promise(() => {}) });
    await stuck.emit('pushed', { n: 2 });
    await stuck.emit('pushed', { n: 2 });
    await stuck.settle();
    stuck.clock.advance(1_000);
    await stuck.until(() => stuck.router.at === stuck.store.head());
    expect(countOpen(await stuck.store.lanes())).toMatchObject({ running: 1, queued: 1 });

    const { seen, act } = watching();
    const station = await Station.open({ act }, stuck);
    await station.start();
    await station.until(() => seen.length === 2);
    expect(seen).toEqual([{ n: 4 }, { n: 4 }]);
    await station.stop();
  });

  test('what nobody recorded is asked again, and has one verdict', async () => {
    const hook = scriptedHook(() => ({ action: 'skip' }));
    const dead = await open({ hooks: [hook], wrap: without(HOOKS) });
    await dead.emit('pushed', { n: 2 });
    await dead.settle();
    const station = await Station.open({ hooks: [hook] }, dead);
    await station.start();
    await station.routed();
    expect(hook.asked.map(({ event }) => event.seq)).toEqual([2, 2]);
    expect(await verdicts(station)).toHaveLength(1);
    await station.stop();
  });

  test('what was routed before there was a hook is not asked about', async () => {
    const before = await open({ hooks: [] });
    await before.emit('pushed', { n: 2 });
    await before.routed();
    await before.stop();
    const hook = scriptedHook(() => ({ action: 'skip' }));
    const station = await Station.open({ hooks: [hook] }, before);
    await station.start();
    await station.emit('pushed', { n: 4 });
    await station.routed();
    expect(hook.asked.map(({ event }) => event.data)).toEqual([{ n: 4 }]);
    expect((await station.audit()).firstBad).toBeNull();
    await station.stop();
  });
});

test('a stop does not wait for a hook, and records nothing of it', async () => {
  const hook = scriptedHook(
    (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(undefined));
      }),
  );
  const station = await open({ hooks: [hook] });
  await station.emit('pushed', { n: 2 });
  await station.until(() => hook.asked.length > 0);
  const store = station.store;
  expect(countOpen(await store.lanes())).toMatchObject({ running: 0, queued: 0 });
  await station.stop();
  const next = await Station.open({}, station);
  expect(await verdicts(next)).toEqual([]);
  expect(next.router.at).toBe(0);
});

test('a stage that cannot record says so, and goes on when it can', async () => {
  let broken = true;
  const wrap = (store: Store): Store =>
    alteredStore(store, {
      append: (unit) => {
        if (unit.checkpoint?.consumer === HOOKS && broken)
          return Promise.reject(new Error('no store'));
        return store.append(unit);
      },
    });
  const station = await open({ hooks: [scriptedHook(() => ({ action: 'skip' }))], wrap });
  await station.emit('pushed', { n: 2 });
  await station.until(() => station.stage?.trouble !== undefined);
  expect(station.stage?.trouble?.reason).toBe('no store');
  broken = false;
  await station.settle();
  station.clock.advance(1_000);
  await station.routed();
  expect(station.stage?.trouble).toBeUndefined();
  expect(await verdicts(station)).toHaveLength(1);
  await station.stop();
});

test('the stage runs ahead of the router so far and no further', async () => {
  const hook = scriptedHook(() => ({ action: 'modify', data: { n: 4 } }));
  const station = await open({ hooks: [hook], wrap: without(ROUTER) });
  await Promise.all(Array.from({ length: 1_500 }, () => station.emit('pushed', { n: 2 })));
  await station.until(() => hook.asked.length >= 1_000);
  await station.settle();
  expect(hook.asked.length).toBeLessThan(1_100);
  const next = await Station.open({ hooks: [hook], slots: 2_000 }, station);
  await next.start();
  await next.routed();
  expect(hook.asked.length).toBe(1_500);
  expect(next.router.tally).toMatchObject({ started: 1_500, filtered: 1_500 });
  expect((await next.audit()).firstBad).toBeNull();
  await next.stop();
});

test('what is said before the router starts takes its room once', async () => {
  const large = { text: 'x'.repeat(17_000_000) };
  const hook = scriptedHook(({ event }) =>
    event.subject === 'large' ? { action: 'modify', data: large } : undefined,
  );
  const station = await Station.open({ hooks: [hook] });
  await station.activate(catalog);
  await station.emit('pushed', { n: 2 }, { subject: 'large' });
  await station.runner.start();
  await station.stage?.start();
  await station.until(() => station.lines.some(({ message }) => message === 'a hook spoke'));
  await station.router.start();
  await station.routed();
  await station.emit('pushed', { n: 2 });
  await station.routed();
  expect(hook.asked).toHaveLength(2);
  await station.stop();
});

test('an audit finds a verdict that is missing', async () => {
  const hook = scriptedHook(() => ({ action: 'skip' }));
  const station = await open({ hooks: [hook] });
  for (let n = 0; n < 3; n++) await station.emit('pushed', { n: 2 });
  await station.routed();
  expect((await station.audit()).firstBad).toBeNull();
  await station.stop();
  const blind = (store: Store): Store =>
    alteredStore(store, {
      read: async (query) => {
        const records = await store.read(query);
        return query.type === undefined ? records : records.slice(1);
      },
    });
  const other = await Station.open({ wrap: blind }, station);
  expect((await other.audit()).firstBad).not.toBeNull();
});
