import { describe, expect, onTestFinished, test } from 'vitest';
import type { Flow } from '../../src/flows/flow.ts';
import { parseFiles, type ParseOptions } from '../../src/flows/parse.ts';
import { variablesOf } from '../../src/flows/variables.ts';
import { auditLog } from '../../src/routing/audit.ts';
import type { Json } from '../../src/std/json.ts';
import type { Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { SHAPES } from '../flows/shapes.ts';
import { stepOf } from '../runs/pieces.ts';
import { catalogOf, listens, Station, type StationOptions } from './station.ts';

const OPTIONS: ParseOptions = {
  shapes: SHAPES,
  variables: variablesOf({ env: {}, readFile: () => '' }),
  settings: { keys: [], read: () => ({}) as never },
};

/** A flow of that trigger, as its file says it, with one step. */
function watches(on: Json, more: { readonly [key: string]: Json } = {}): Flow {
  const text = JSON.stringify({ flows: { watch: { on, ...more, steps: [{ emit: 'seen' }] } } });
  const parsed = parseFiles([{ path: 'signalbox.yaml', text }], OPTIONS);
  const flow = parsed.flows.get('watch');
  if (flow === undefined) throw new Error(JSON.stringify(parsed.findings));
  return { ...flow, steps: [stepOf()] };
}

/** What the runs saw: the numbers of the events of each match. */
type Seen = Json[];

function seeing(seen: Seen): NonNullable<StationOptions['act']> {
  return async ({ event }) => {
    seen.push((event.events ?? [event]).map(({ data }) => (data as { n: number }).n));
    return { kind: 'done', output: null };
  };
}

async function opened(
  flow: Flow,
  seen: Seen,
  before?: Station,
  options: StationOptions = {},
): Promise<Station> {
  const station = await Station.open({ act: seeing(seen), ...options }, before);
  if (before === undefined) await station.activate(catalogOf(`patterns ${flow.name}`, flow));
  await station.start();
  onTestFinished(() => station.stop());
  return station;
}

async function passes(station: Station, ms: number): Promise<void> {
  await station.settle();
  station.clock.advance(ms);
  await station.settle();
  await station.routed();
  await station.settle();
}

async function soundSum({ store, catalogs, router }: Station): Promise<unknown> {
  const audited = { store, catalogs, routed: router.at, counted: router.tally };
  const { firstBad, sum } = await auditLog(audited, () => {});
  expect(firstBad).toBeNull();
  return sum;
}

const SEQUENCE = { sequence: ['a', 'b'], within: '5s', by: 'event.data.of' };
const ABSENCE = { absent: 'b', after: 'a', within: '1m' };

describe('the window of a pattern', () => {
  const story = ['a', 'b', 'x', 'a', 'a', 'b', 'b', 'a'] as const;

  test.each([
    [
      SEQUENCE,
      [
        [1, 2],
        [5, 6],
      ],
    ],
    [
      { all: ['a', 'b'], within: '5s' },
      [
        [1, 2],
        [5, 6],
        [7, 8],
      ],
    ],
    [
      { count: 2, of: 'a', within: '5s' },
      [
        [1, 4],
        [5, 8],
      ],
    ],
    [ABSENCE, [[8]]],
  ])(
    'goes on over a restart behind every record: %j',
    async (on, expected) => {
      for (let at = 1; at <= story.length; at++) {
        const seen: Seen = [];
        let station = await opened(watches(on), seen);
        for (const [i, type] of story.entries()) {
          await station.emit(type, { n: i + 1, of: 'one' });
          await passes(station, 100);
          if (i + 1 !== at) continue;
          await station.stop();
          station = await opened(watches(on), seen, station);
        }
        await passes(station, 90_000);
        expect(seen, `a restart behind event ${at}`).toEqual(expected);
        await soundSum(station);
      }
    },
    60_000,
  );

  test('is one for each key, and its events are waiting until it closes', async () => {
    const seen: Seen = [];
    const station = await opened(watches(SEQUENCE), seen);
    await station.emit('a', { n: 1, of: 'one' });
    await station.emit('b', { n: 2, of: 'two' });
    await station.emit('a', { n: 3, of: 'two' });
    await passes(station, 10);
    expect(await soundSum(station)).toMatchObject({ waiting: 2, filtered: 1, coalesced: 0 });
    await station.emit('b', { n: 4, of: 'one' });
    await passes(station, 10_000);
    expect(seen).toEqual([[1, 4]]);
    expect(await soundSum(station)).toMatchObject({ waiting: 0, filtered: 2, coalesced: 2 });
    const records = await station.records();
    const expired = records.find(({ type }) => type === 'window.expired');
    expect(JSON.parse(expired?.data ?? '')).toMatchObject({
      why: 'expired',
      reason: 'sequence: a came, b did not within 5 s',
    });
  });

  test('has its last event at hand where a limit has a key', async () => {
    const limit = { concurrency: { key: 'event.data.n', limit: 1 } };
    const seen: Seen = [];
    const station = await opened(watches(SEQUENCE, limit), seen);
    await station.emit('a', { n: 1, of: 'one' });
    await station.emit('b', { n: 2, of: 'one' });
    await passes(station, 10);
    expect(seen).toEqual([[1, 2]]);
    const [run] = await station.store.runs({ limit: 1 });
    expect(run?.lane).toContain('2');
  });

  test('closes with the pattern: what was changed is another one', async () => {
    const seen: Seen = [];
    const station = await opened(watches(ABSENCE), seen);
    await station.emit('a', { n: 1 });
    await passes(station, 10);
    await station.activate(catalogOf('patterns changed', watches({ ...ABSENCE, within: '2m' })));
    await passes(station, 600_000);
    expect(seen).toEqual([]);
    expect(await station.story('window.expired')).toEqual(['window.expired watch']);
    expect(await soundSum(station)).toMatchObject({ waiting: 0, filtered: 1 });
  });

  test('stays open where the flows change and the pattern does not', async () => {
    const seen: Seen = [];
    const station = await opened(watches(ABSENCE), seen);
    await station.emit('a', { n: 1 });
    await passes(station, 10);
    await station.activate(catalogOf('patterns same', watches(ABSENCE, { priority: 3 })));
    await passes(station, 60_000);
    expect(seen).toEqual([[1]]);
  });

  test('tells of what newer events made useless before it is too much to keep', async () => {
    const station = await opened(watches(SEQUENCE), []);
    for (let n = 1; n <= 250; n++) await station.emit('a', { n, of: 'one' });
    await passes(station, 10);
    expect(await station.story('window.expired')).toHaveLength(2);
    expect(await soundSum(station)).toMatchObject({ waiting: 50, filtered: 200 });
    await passes(station, 10_000);
    expect(await soundSum(station)).toMatchObject({ waiting: 0, filtered: 250 });
  });
});

/** What a window is given beside the time that nobody watched. */
const GRACE_MS = 5_000;

/** What waits until it is released. */
interface Held {
  readonly released: Promise<void>;
  readonly release: () => void;
}

function hold(): Held {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { released, release: () => release() };
}

describe('what came in time answers, however late it is recorded', () => {
  test('where another window is due before', async () => {
    const late = hold();
    let behind: Promise<void> | undefined;
    const wrap = (store: Store): Store => {
      const append: Store['append'] = async (unit) => {
        if (unit.writes[0]?.record.type === 'b') behind = late.released;
        await behind;
        return store.append(unit);
      };
      return alteredStore(store, { append, pending: () => (behind === undefined ? 0 : 1) });
    };
    const gathers = {
      ...listens('gathers', 'x'),
      gather: { kind: 'batch', maxMs: 59_000, size: 9 } as const,
    };
    const station = await Station.open({ wrap });
    onTestFinished(() => station.stop());
    await station.activate(catalogOf('patterns two', watches(ABSENCE), gathers));
    await station.start();
    await station.emit('a', { n: 1 });
    await station.emit('x');
    await passes(station, 58_000);
    const told = station.emit('b', { n: 2 });
    await station.settle();
    station.clock.advance(2_000);
    await station.settle();
    late.release();
    await told;
    behind = undefined;
    await passes(station, 600_000);
    expect(await station.story('window.closed', 'window.expired')).toEqual([
      'window.closed gathers',
      'window.expired watch',
    ]);
    await soundSum(station);
  });

  test('where it is recorded while the router waits for its own commit', async () => {
    const held = new Map<string, Held>();
    const wrap = (store: Store): Store => {
      const append: Store['append'] = async (unit) => {
        await held.get(unit.writes[0]?.record.type ?? '')?.released;
        return store.append(unit);
      };
      return alteredStore(store, { append });
    };
    const seen: Seen = [];
    const station = await Station.open({ wrap, act: seeing(seen) });
    onTestFinished(() => station.stop());
    await station.activate(catalogOf('patterns late', watches(ABSENCE), listens('other', 'x')));
    await station.start();
    await station.emit('a', { n: 1 });
    await passes(station, 59_000);
    for (const type of ['run.started', 'b']) held.set(type, hold());
    await station.emit('x');
    await station.settle();
    const late = station.emit('b', { n: 2 });
    station.clock.advance(1_000);
    await station.settle();
    held.get('b')?.release();
    await late;
    held.get('run.started')?.release();
    await passes(station, 600_000);
    expect(await station.story('window.closed', 'window.expired')).toEqual([
      'window.expired watch',
    ]);
    await soundSum(station);
  });
});

describe('silence counts only the time that we were up and watching', () => {
  test('after a stop no absence is told of before the rest of the time is over', async () => {
    const seen: Seen = [];
    const first = await opened(watches(ABSENCE), seen);
    await first.emit('a', { n: 1 });
    await passes(first, 40_000);
    await first.stop();
    first.clock.advance(600_000);
    const second = await opened(watches(ABSENCE), seen, first);
    // The rest, and what sources need to tell what they missed.
    await passes(second, 19_000 + GRACE_MS);
    expect(seen).toEqual([]);
    await second.stop();
    second.clock.advance(600_000);
    const third = await opened(watches(ABSENCE), seen, second);
    await passes(third, 999 + GRACE_MS);
    expect(seen).toEqual([]);
    await passes(third, 2);
    expect(seen).toEqual([[1]]);
    await soundSum(third);
  });

  test('nor of an event that was recorded before, and that nobody had looked at', async () => {
    const seen: Seen = [];
    const first = await Station.open();
    await first.activate(catalogOf('patterns watch', watches(ABSENCE)));
    await first.emit('a', { n: 1 });
    await first.store.close({ clean: true });
    first.clock.advance(600_000);
    const second = await opened(watches(ABSENCE), seen, first);
    await passes(second, 59_000 + GRACE_MS);
    expect(seen).toEqual([]);
    await passes(second, 1_000);
    expect(seen).toEqual([[1]]);
    await soundSum(second);
  });

  test('what comes as soon as we are up again answers', async () => {
    const seen: Seen = [];
    const first = await opened(watches(ABSENCE), seen);
    await first.emit('a', { n: 1 });
    await passes(first, 1_000);
    await first.stop();
    first.clock.advance(600_000);
    const second = await opened(watches(ABSENCE), seen, first);
    await second.emit('b', { n: 2 });
    await passes(second, 600_000);
    expect(seen).toEqual([]);
    expect(await soundSum(second)).toMatchObject({ filtered: 2, waiting: 0 });
  });

  test('a machine that slept has watched nothing meanwhile', async () => {
    const seen: Seen = [];
    const station = await opened(watches(ABSENCE), seen);
    await station.emit('a', { n: 1 });
    await passes(station, 10_000);
    station.clock.step(8 * 3_600_000);
    await station.emit('x');
    await passes(station, 49_000 + GRACE_MS);
    expect(seen).toEqual([]);
    await passes(station, 2_000);
    expect(seen).toEqual([[1]]);
  });

  test('a daemon that was killed knows until when it had watched, to the minute', async () => {
    const seen: Seen = [];
    const on = { ...ABSENCE, within: '1h' };
    const first = await opened(watches(on), seen);
    await first.emit('a', { n: 1 });
    for (let minute = 0; minute < 50; minute++) await passes(first, 60_000);
    const { state } = await first.store.checkpoint('router');
    const { watched } = JSON.parse(state) as { readonly watched: number };
    expect(first.clock.now() - watched).toBeLessThanOrEqual(60_000);
  });
});
