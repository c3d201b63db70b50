import { describe, expect, test } from 'vitest';
import type { Flow } from '../../src/flows/flow.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import { readUncertainEffects } from '../../src/views/effects.ts';
import type { UncertainEffect } from '../../src/views/uncertain.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { stepOf } from '../runs/pieces.ts';
import { denied, done, lost, refused } from '../runs/scripted.ts';
import { catalogOf, listens, Station } from '../routing/station.ts';
import { conditionOf, readerOf } from './reader.ts';
import { countOpen } from '../../src/views/queue-view.ts';

const never = (): Promise<StepResult> => new Promise(() => {});
const error = { code: 'x', message: 'no answer', happened: 'maybe' } as const;

let named = 0;

async function stationWith(
  flow: Flow,
  act: (context: StepContext) => Promise<StepResult>,
  before?: Station,
): Promise<Station> {
  const station = await Station.open({ act }, before);
  if (before === undefined) await station.activate(catalogOf(`effects-${named++}`, flow));
  await station.start();
  return station;
}

function paying(fields: Parameters<typeof stepOf>[0] = {}): Flow {
  return { ...listens('shop', 'order'), steps: [stepOf({ id: 'pay', ...fields })] };
}

async function effectsOf(station: Station, since?: number): Promise<readonly UncertainEffect[]> {
  return (await readUncertainEffects(readerOf(station), { limit: 100, since })).items;
}

/** Lets retries come due until nothing is open. */
async function ended(station: Station, runs = 1): Promise<void> {
  await station.until(() => {
    station.clock.advance(100);
    return station.runner.lanes.taken === 0 && station.store.pending() === 0;
  });
  for (;;) {
    const open = countOpen(await station.store.lanes());
    const all = await station.store.runs({ limit: 100 });
    const lanes = await station.store.lanes();
    const isDue = lanes.some(({ due }) => due.queued !== null || due.waiting !== null);
    if (all.length >= runs && open.running === 0 && !isDue) return;
    station.clock.advance(1_000);
    await station.settle();
  }
}

describe('an effect is uncertain', () => {
  test('where an attempt that may have happened was repeated', async () => {
    const results = [lost, done];
    const station = await stationWith(paying(), async () => results.shift() ?? done);
    await station.emit('order');
    await ended(station);
    const [effect, ...others] = await effectsOf(station);
    expect(others).toEqual([]);
    expect(effect).toMatchObject({
      flow: 'shop',
      step: 'pay',
      kind: 'act',
      effect: 'idempotent',
      key: `${effect?.run ?? ''}/pay`,
      attempts: 2,
      doubt: 'twice',
      reason: 'attempt 1 may have happened (x), and it was begun again',
    });
  });

  test('where the daemon died during an attempt and another began', async () => {
    const first = await stationWith(paying(), never);
    await first.emit('order');
    await first.until(() => first.runner.lanes.taken === 1 && first.store.pending() === 0);
    expect(await effectsOf(first)).toEqual([]);
    const second = await stationWith(paying(), async () => done, first);
    await ended(second);
    expect(await effectsOf(second)).toMatchObject([
      {
        attempts: 2,
        doubt: 'twice',
        reason: expect.stringContaining('its daemon ended') as string,
      },
    ]);
  });

  test('where its target was asked before it was repeated', async () => {
    const results = [lost, denied, done];
    const flow = paying({ effect: 'verify', verify: null });
    const station = await stationWith(flow, async () => results.shift() ?? done);
    await station.emit('order');
    await ended(station);
    expect(results).toEqual([]);
    expect(await effectsOf(station)).toMatchObject([
      { doubt: 'twice', reason: expect.stringMatching(/again; its target was asked/) as string },
    ]);
  });

  test('where a stop in order cut an attempt short and it was begun again', async () => {
    const first = await stationWith(paying(), async ({ signal }) => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true });
      });
      return lost;
    });
    await first.emit('order');
    await first.until(() => first.runner.lanes.taken === 1 && first.store.pending() === 0);
    const stopped = first.stop();
    await first.settle();
    first.clock.advance(2_000);
    await stopped;
    const second = await stationWith(paying(), async () => done, first);
    await ended(second);
    expect(await effectsOf(second)).toMatchObject([{ doubt: 'twice', step: 'pay' }]);
  });

  test('where it waits for a person, and where the last attempt may have happened', async () => {
    const station = await stationWith(paying({ effect: 'ask' }), async () => lost);
    await station.emit('order');
    await ended(station);
    expect(await effectsOf(station)).toMatchObject([
      {
        effect: 'ask',
        doubt: 'unknown',
        reason: 'attempt 1 may have happened (x), which a person is to find out',
      },
    ]);
    const other = await stationWith(paying({ onError: 'continue' }), async () => {
      return { kind: 'fail', error };
    });
    await other.emit('order');
    await ended(other);
    expect(await effectsOf(other)).toMatchObject([
      { doubt: 'unknown', reason: 'attempt 1 failed (x), and may have happened all the same' },
    ]);
  });
});

describe('an effect is certain', () => {
  test.each<[string, StepResult]>([
    ['that was refused and tried again', refused],
    ['whose target said that it failed', { kind: 'fail', error: { ...error, answered: true } }],
    ['that succeeded', done],
  ])('%s', async (_, result) => {
    const results = [result];
    const flow = paying({ guard: conditionOf('true') });
    const station = await stationWith(flow, async () => results.shift() ?? done);
    await station.emit('order');
    await ended(station);
    expect(await effectsOf(station)).toEqual([]);
  });

  test('of a kind that does nothing outside of the log', async () => {
    const first = await stationWith(paying(), never);
    await first.emit('order');
    await first.until(() => first.runner.lanes.taken === 1 && first.store.pending() === 0);
    const second = await stationWith(paying(), async () => done, first);
    await ended(second);
    const reader = readerOf(second);
    const catalog = await reader.catalogAt(1);
    const flow = { ...paying(), steps: [stepOf({ id: 'pay', kind: 'emit' })] };
    const emitting = { ...catalog, flows: new Map([['shop', flow]]) };
    const { items } = await readUncertainEffects(
      { ...reader, catalogAt: async () => emitting },
      { limit: 10 },
    );
    expect(items).toEqual([]);
  });
});

describe('the list of effects', () => {
  test('is read page by page, each run once, newest first, and from a time on', async () => {
    let calls = 0;
    const station = await stationWith(paying(), async () => (calls++ % 2 === 0 ? lost : done));
    for (let n = 0; n < 5; n++) {
      station.clock.advance(1);
      await station.emit('order');
      await ended(station, n + 1);
    }
    const reader = readerOf(station);
    const seen: string[] = [];
    for (let before: number | undefined; ;) {
      const { items, next } = await readUncertainEffects(reader, { limit: 2, before });
      seen.push(...items.map(({ run }) => run));
      if (next === null) break;
      before = next;
    }
    expect(new Set(seen).size).toBe(5);
    expect(seen).toHaveLength(5);
    const all = await effectsOf(station);
    expect(all.map(({ run }) => run)).toEqual(seen);
    const records = await station.records();
    const middle = records.findLast(({ type }) => type === 'order')?.received ?? 0;
    expect(await effectsOf(station, middle)).toHaveLength(1);
    expect(await effectsOf(station, station.clock.now() + 1)).toEqual([]);
  });

  test('reads a run of many doubts once', async () => {
    const retry = { attempts: 60, delayMs: 1, factor: 1, delayMsMax: 1 };
    const station = await stationWith(paying({ retry }), async () => lost);
    await station.emit('order');
    await ended(station);
    let reads = 0;
    const { store, ...reader } = readerOf(station);
    const counting = alteredStore(store, {
      readStream(id) {
        reads++;
        return store.readStream(id);
      },
    });
    const { items } = await readUncertainEffects({ ...reader, store: counting }, { limit: 10 });
    expect(items).toMatchObject([{ attempts: 60, doubt: 'twice' }]);
    expect(reads).toBe(1);
  });
});
