import { describe, expect, test } from 'vitest';
import type { Signalbox } from '../../src/signalbox.ts';
import { SignalboxError } from '../../src/std/errors.ts';
import { findEvent, readEvents } from '../../src/views/event-page.ts';
import type { EventDetail } from '../../src/views/event-view.ts';
import type { LogReader } from '../../src/views/log-reader.ts';
import { findRun, readRuns } from '../../src/views/run-page.ts';
import { flowOf, openEngine } from '../server/engine.ts';
import { until } from '../server/until.ts';

async function greetedBox(): Promise<{ box: Signalbox; event: EventDetail }> {
  const box = await openEngine([flowOf('greet', 'user.created', ['x'.repeat(900_000)])]);
  const result = await box.emit({ type: 'user.created', source: 'test', data: '{}' });
  if (result.kind !== 'accepted') throw new Error(`not accepted: ${result.kind}`);
  const event = await until(async () => {
    const found = await findEvent(box, result.id);
    return found?.way.at(-1)?.stage === 'run.succeeded' ? found : undefined;
  });
  return { box, event };
}

describe('a log whose catalog cannot be read any more', () => {
  test('still shows the run that an event started, and the steps that it reached', async () => {
    const { box, event } = await greetedBox();
    const reader: LogReader = {
      store: box.store,
      status: () => box.status(),
      catalogAt: () => Promise.reject(new SignalboxError('catalog.unreadable', 'too old')),
    };
    const again = await findEvent(reader, event.id);
    expect(again?.disposition).toEqual(event.disposition);
    const run = await findRun(reader, event.disposition[0]?.run ?? '');
    expect(run?.steps).toMatchObject([{ id: 's1', state: 'succeeded' }]);
  });
});

describe('a page', () => {
  test('of runs ends early where their outputs are large, and goes on from there', async () => {
    const { box } = await greetedBox();
    for (let i = 0; i < 6; i++) {
      await box.emit({ type: 'user.created', source: 'test', data: '{}' });
    }
    const sizes: number[] = [];
    const seen: string[] = [];
    await until(async () => {
      const done = await box.store.runs({ limit: 100, state: 'succeeded' });
      return done.length === 7 ? done : undefined;
    });
    for (let before: string | undefined; ;) {
      const { items, next } = await readRuns(box, { limit: 100, before });
      sizes.push(items.length);
      seen.push(...items.map(({ id }) => id));
      if (next === null) break;
      before = next;
    }
    expect(new Set(seen).size).toBe(7);
    expect(sizes).toEqual([5, 2]);
  });

  test('behind the end of the log is empty and the last', async () => {
    const { box } = await greetedBox();
    const after = box.store.head();
    expect(await readEvents(box, { limit: 10, after })).toEqual({ items: [], next: null });
  });
});
