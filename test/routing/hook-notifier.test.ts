import { expect, test } from 'vitest';
import { HookNotifier } from '../../src/routing/hook-notifier.ts';
import { NoticeReader } from '../../src/routing/hook-notices.ts';
import type { HookName } from '../../src/routing/hooks/shape.ts';
import type { StepResult } from '../../src/runs/step-kind.ts';
import type { Logger } from '../../src/std/logger.ts';
import type { LogRecord } from '../../src/store/contract.ts';
import { type ScriptedHook, scriptedHook } from './hooks/scripted-hook.ts';
import { catalogOf, listens, Station, type StationOptions } from './station.ts';
import { countOpen } from '../../src/views/queue-view.ts';

const catalog = catalogOf('hook-notifier', listens('greet', 'pushed'));

interface Telling {
  readonly station: Station;
  readonly notifier: HookNotifier;
  readonly warnings: string[];
}

/** A station whose hooks are told of what happens. */
async function telling(
  hooks: readonly ScriptedHook[],
  options: StationOptions = {},
): Promise<Telling> {
  const station = await Station.open(options);
  const warnings: string[] = [];
  const logger: Logger = { info() {}, warn: (text) => void warnings.push(text), error() {} };
  const notifier = new HookNotifier({
    store: station.store,
    hooks: { at: (name: HookName) => hooks.filter((hook) => hook.name === name) },
    clock: station.clock,
    logger,
  });
  await station.activate(catalog);
  await notifier.start();
  await station.start();
  return { station, notifier, warnings };
}

function hookAt(name: HookName, script = (): undefined => undefined): ScriptedHook {
  return scriptedHook(script, { name });
}

test('hooks are told of a run from the queue to its end', async () => {
  const queued = hookAt('event:queued');
  const start = hookAt('event:handler:start');
  const end = hookAt('event:handler:end');
  const { station, notifier } = await telling([queued, start, end]);
  await station.emit('pushed', { n: 1 });
  await station.routed();
  await notifier.stop();
  const event = { type: 'pushed', data: { n: 1 } };
  const told = { handler: 'greet', run: expect.stringMatching(/-3$/) as string, reason: null };
  expect(queued.asked).toMatchObject([{ hook: 'event:queued', event, ...told, result: null }]);
  expect(start.asked).toMatchObject([{ hook: 'event:handler:start', ...told, result: null }]);
  expect(end.asked).toMatchObject([
    {
      hook: 'event:handler:end',
      event,
      ...told,
      result: { success: true, duration_ms: 0, error: null },
    },
  ]);
  await station.stop();
});

test('a failed run is told with its error, and one that was queued starts later', async () => {
  const [start, end] = [hookAt('event:handler:start'), hookAt('event:handler:end')];
  const done: (() => void)[] = [];
  const act = (): Promise<StepResult> =>
    new Promise((resolve) => {
      const error = { code: 'step.terminal', message: 'no way', happened: 'no' } as const;
      done.push(() => resolve({ kind: 'fail', error }));
    });
  const { station, notifier } = await telling([start, end], { slots: 1, act });
  await station.emit('pushed');
  await station.emit('pushed');
  await station.settle();
  station.clock.advance(1_000);
  await station.until(() => station.router.at === station.store.head());
  expect(countOpen(await station.store.lanes())).toMatchObject({ running: 1, queued: 1 });
  expect(start.asked).toHaveLength(1);
  done[0]?.();
  await station.until(() => done.length === 2);
  await station.until(() => start.asked.length === 2);
  done[1]?.();
  await station.routed();
  await notifier.stop();
  expect(end.asked.map(({ result }) => result)).toMatchObject([
    { success: false, duration_ms: 1_000, error: 'no way' },
    { success: false, error: 'no way' },
  ]);
  await station.stop();
});

test('an event that a hook filtered is told as dropped', async () => {
  const dropped = hookAt('event:dropped');
  const filter = scriptedHook(() => ({ action: 'skip', reason: 'a bot' }));
  const { station, notifier } = await telling([dropped], { hooks: [filter] });
  await station.emit('pushed', { n: 1 });
  await station.routed();
  await notifier.stop();
  expect(dropped.asked).toMatchObject([
    { event: { type: 'pushed' }, handler: null, run: null, result: null, reason: 'a bot' },
  ]);
  await station.stop();
});

test('a hook that hangs or fails delays nothing, and what it is not told is counted', async () => {
  const hanging = scriptedHook(
    (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(undefined));
      }),
    { name: 'event:queued' },
  );
  const failing = scriptedHook(() => ({ fails: 'no way' }), { name: 'event:queued' });
  const { station, notifier } = await telling([hanging, failing], { slots: 3_000 });
  await Promise.all(Array.from({ length: 2_500 }, () => station.emit('pushed')));
  await station.routed();
  expect(await station.story('run.succeeded')).toHaveLength(2_500);
  await station.until(() => failing.asked.length >= 1_000);
  expect(hanging.asked).toHaveLength(1);
  const stopped = notifier.stop();
  station.clock.advance(1_000);
  await stopped;
  expect(hanging.asked).toHaveLength(1);
  await station.stop();
});

test('a slow hook is said to be slow', async () => {
  let free = (): void => {};
  const slow = scriptedHook(
    () =>
      new Promise((resolve) => {
        free = () => resolve(undefined);
      }),
    { name: 'event:queued' },
  );
  const { station, notifier, warnings } = await telling([slow], { slots: 3_000 });
  await Promise.all(Array.from({ length: 2_500 }, () => station.emit('pushed')));
  await station.routed();
  for (let told = 1; warnings.length === 0; told++) {
    await station.until(() => slow.asked.length >= told || warnings.length > 0);
    free();
  }
  expect(warnings).toEqual(['a hook is too slow, and was not told of everything']);
  expect(slow.asked.length).toBeLessThan(2_500);
  const stopped = notifier.stop();
  station.clock.advance(1_000);
  free();
  await stopped;
  await station.stop();
});

const BASE: LogRecord = {
  seq: 7,
  type: 'run.started',
  version: 1,
  source: null,
  id: null,
  subject: null,
  received: 1_000,
  correlation: null,
  causation: 2,
  hops: 1,
  stream: 7,
  prev: null,
  attributes: null,
  data: '{}',
};

/** The names of the hooks that are called at a story of records. */
function toldOf(...records: readonly Partial<LogRecord>[]): string[] {
  const reader = new NoticeReader();
  return records.flatMap((record) =>
    reader.read({ ...BASE, ...record }).map(({ hook, end }) => {
      return end === undefined ? hook : `${hook} ${end.error ?? 'fine'}`;
    }),
  );
}

test('records are told by what they mean', () => {
  const queued = { data: '{"flow":"f","due":5}' };
  const leased = { data: '{"flow":"f","due":null}' };
  const called = { data: '{"flow":"f","due":null,"parent":3}' };
  expect(toldOf(queued, { type: 'run.paused' }, { type: 'run.resumed' })).toEqual(['event:queued']);
  expect(toldOf(queued, { type: 'step.started' }, { type: 'step.completed' })).toEqual([
    'event:queued',
    'event:handler:start',
  ]);
  expect(toldOf(queued, { type: 'run.cancelled' })).toEqual([
    'event:queued',
    'event:handler:end it was cancelled',
  ]);
  const late = '{"error":{"code":"run.queue_timeout","message":"late"}}';
  expect(toldOf(queued, { type: 'run.failed', data: late })).toEqual([
    'event:queued',
    'event:handler:end late',
  ]);
  const broken = '{"error":{"code":"expression.failed","message":"broken"}}';
  expect(toldOf(queued, { type: 'run.failed', data: broken })).toEqual([
    'event:queued',
    'event:handler:start',
    'event:handler:end broken',
  ]);
  expect(toldOf(queued, { type: 'run.noop' })).toEqual([
    'event:queued',
    'event:handler:start',
    'event:handler:end fine',
  ]);
  expect(toldOf(leased, { type: 'run.failed', data: '{"error":{"message":"no"}}' })).toEqual([
    'event:queued',
    'event:handler:start',
    'event:handler:end no',
  ]);
  expect(toldOf(called)).toEqual([]);
  const full = { type: 'event.dropped', stream: null, data: '{"event":2,"flow":"f","reason":"x"}' };
  expect(toldOf(full, { ...full, source: 'somebody' })).toEqual(['event:dropped']);
  expect(toldOf({ type: 'pushed', stream: null, source: 'x' })).toEqual([]);
  const down = { type: 'source.degraded', stream: null, data: '{"reason":"gone"}' };
  const opened = { type: 'source.started', stream: null, data: '{}' };
  expect(
    toldOf(opened, down, { ...down, source: 'x' }, { ...opened, type: 'source.stopped' }),
  ).toEqual(['source:started', 'source:error', 'source:stopped']);
});
