import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { SourceDefinition } from '../../src/flows/source.ts';
import type { Source, SourceContext, SourceKind } from '../../src/sources/source.ts';
import type { Entering } from '../../src/routing/source-quotas.ts';
import { createLogger } from '../../src/std/logger.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { until } from '../server/until.ts';
import { SourceBench } from './bench.ts';

/** A source that a test speaks for. */
class Speaker implements Source {
  readonly context: SourceContext;
  readonly #start: (context: SourceContext) => Promise<void>;
  stopped = false;

  constructor(context: SourceContext, start: (context: SourceContext) => Promise<void>) {
    this.context = context;
    this.#start = start;
  }

  start(): Promise<void> {
    return this.#start(this.context);
  }

  async stop(): Promise<void> {
    this.stopped = true;
  }
}

function speakers(
  start: (context: SourceContext, opened: number) => Promise<void> = async () => {},
): { readonly kind: SourceKind; readonly opened: Speaker[] } {
  const opened: Speaker[] = [];
  const kind: SourceKind = {
    shape: {
      type: 'speaker',
      schema: z.object({}),
      secretKeys: [],
      nameOf: () => undefined,
      trustOf: () => 'trusted',
      emits: ['*'],
    },
    open(context) {
      const speaker = new Speaker(context, (each) => start(each, opened.length));
      opened.push(speaker);
      return speaker;
    },
  };
  return { kind, opened };
}

function named(name: string, more: Partial<SourceDefinition> = {}): SourceDefinition {
  return {
    name: `speaker:${name}`,
    type: 'speaker',
    handlers: [],
    trust: 'trusted',
    config: {},
    ...more,
  };
}

/** Starts one source, with the lines that are logged about it, without their times. */
async function startLogged(kind: SourceKind) {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line.replace(/^\S+ /, '').trimEnd());
  const logger = createLogger({ format: 'text', write, clock: new SimulatedClock() });
  const bench = await SourceBench.open({ kinds: [kind], sources: [named('a')], logger });
  await bench.sources.start();
  return { lines, bench };
}

const HELLO = { type: 'said', data: '{"n":1}' };

describe('a source', () => {
  test('tells its events under its name, and remembers in the same commit', async () => {
    const { kind, opened } = speakers();
    const bench = await SourceBench.open({ kinds: [kind], sources: [named('a')] });
    await bench.sources.start();
    await opened[0]?.context.record({ events: [HELLO], cursors: [{ key: 'at', value: '1' }] });
    expect(await bench.records('said')).toMatchObject([{ source: 'speaker:a', data: '{"n":1}' }]);
    const remembered = [];
    for await (const cursor of opened[0]?.context.remembered() ?? []) remembered.push(cursor);
    expect(remembered).toEqual([{ key: 'at', value: '1' }]);
    expect(bench.sources.views()).toMatchObject([
      { name: 'speaker:a', state: 'running', error: null, last_event: expect.any(String) },
    ]);
  });

  test('records an event with the same id once, and moves its cursors all the same', async () => {
    const { kind, opened } = speakers();
    const bench = await SourceBench.open({ kinds: [kind], sources: [named('a')] });
    await bench.sources.start();
    const [speaker] = opened;
    await speaker?.context.record({ events: [{ ...HELLO, id: '1' }] });
    const again = { events: [{ ...HELLO, id: '1' }], cursors: [{ key: 'at', value: '2' }] };
    await speaker?.context.record(again);
    expect(await bench.records('said')).toHaveLength(1);
    const { source, limit } = { source: 'speaker:a', limit: 10 };
    expect(await bench.store.cursors({ source, limit })).toEqual([{ key: 'at', value: '2' }]);
  });

  test('waits for room in the log, and is behind meanwhile', async () => {
    const { kind, opened } = speakers();
    let full = true;
    const capacity = {
      check: () =>
        full ? Promise.resolve({ reason: 'queue_full', retryAfterMs: 1_000 } as const) : undefined,
    };
    const bench = await SourceBench.open({ kinds: [kind], sources: [named('a')], capacity });
    await bench.sources.start();
    let done = false;
    const recorded = opened[0]?.context.record({ events: [HELLO] }).then(() => {
      done = true;
    });
    await until(() => bench.clock.untilNext());
    bench.clock.advance(400);
    expect(done).toBe(false);
    expect(bench.sources.views()).toMatchObject([{ lag: 400 }]);
    full = false;
    bench.clock.advance(1_000);
    await recorded;
    expect(await bench.records('said')).toHaveLength(1);
    expect(bench.sources.views()).toMatchObject([{ lag: 0 }]);
  });

  test('that cannot be opened is degraded, opened anew, and then recovered', async () => {
    const { kind, opened } = speakers(async (_, count) => {
      if (count < 3) throw new Error('the folder is gone');
    });
    const bench = await SourceBench.open({ kinds: [kind], sources: [named('a')] });
    await bench.sources.start();
    expect(bench.sources.views()).toMatchObject([
      { state: 'degraded', error: 'the folder is gone' },
    ]);
    for (let n = 1; n < 3; n++) {
      bench.clock.advance(60_000);
      await until(() => (opened.length > n ? true : undefined));
      await until(() => n === 2 || bench.clock.untilNext());
    }
    await until(() => (bench.sources.views()[0]?.state === 'running' ? true : undefined));
    const health = await until(async () => {
      const records = await bench.records('source.*');
      return records.length < 3 ? undefined : records;
    });
    expect(health.map(({ type, subject, data }) => [type, subject, JSON.parse(data)])).toEqual([
      ['source.started', 'speaker:a', {}],
      ['source.degraded', 'speaker:a', { reason: 'the folder is gone' }],
      ['source.recovered', 'speaker:a', { was: 'the folder is gone' }],
    ]);
    expect(opened.map(({ stopped }) => stopped)).toEqual([true, true, false]);
  });

  test('that says itself that it is degraded is logged once, and its recovery once', async () => {
    const { kind, opened } = speakers();
    const { lines } = await startLogged(kind);
    for (const reason of ['no folder', 'no folder', 'no room']) opened[0]?.context.degraded(reason);
    for (let n = 0; n < 2; n++) opened[0]?.context.recovered();
    expect(lines).toEqual([
      'warning: a source is degraded source=speaker:a reason="no folder"',
      'warning: a source is degraded source=speaker:a reason="no room"',
      'a source has recovered source=speaker:a',
    ]);
  });

  test('that cannot be opened is logged for that alone', async () => {
    const { kind } = speakers(async () => {
      throw new Error('gone');
    });
    const { lines } = await startLogged(kind);
    expect(lines).toEqual([
      'warning: a source cannot be opened; it is tried again source=speaker:a error=gone',
    ]);
  });

  test('that refuses a request says in the log why', async () => {
    const { kind, opened } = speakers();
    const { lines, bench } = await startLogged(kind);
    const refused = { reason: 'webhook.unsigned', status: 401, address: '::1', path: '/hooks/a' };
    await opened[0]?.context.rejected(refused);
    await opened[0]?.context.rejected({ reason: 'more', count: 7, reasons: {} }, 'webhook');
    const said = 'warning: a request was refused';
    expect(lines).toEqual([
      `${said} source=speaker:a reason=webhook.unsigned address=::1 path=/hooks/a`,
      `${said} source=webhook reason=more count=7`,
    ]);
    expect(await bench.records('webhook.rejected')).toHaveLength(2);
  });

  test('that is silent for too long is stale until it is heard again', async () => {
    const { kind, opened } = speakers();
    const sources = [named('a', { staleMs: 5_400_000 })];
    const bench = await SourceBench.open({ kinds: [kind], sources });
    await bench.sources.start();
    bench.clock.advance(3_600_000);
    bench.clock.advance(1_700_000);
    expect(bench.sources.views()).toMatchObject([{ state: 'running' }]);
    bench.clock.advance(200_000);
    expect(bench.sources.views()).toMatchObject([{ state: 'stale' }]);
    await opened[0]?.context.record({ events: [HELLO] });
    expect(bench.sources.views()).toMatchObject([{ state: 'running' }]);
    await bench.stop();
    const again = await SourceBench.open({ kinds: [kind], sources: [], before: bench });
    const health = (await again.records('source.*')).map(({ type }) => type);
    expect(health).toEqual([
      'source.started',
      'source.stale',
      'source.recovered',
      'source.stopped',
    ]);
  });

  test('records nothing any more once it is asked to stop', async () => {
    const { kind, opened } = speakers();
    const bench = await SourceBench.open({ kinds: [kind], sources: [named('a')] });
    await bench.sources.start();
    bench.inForce = [];
    await bench.sources.refresh();
    await expect(opened[0]?.context.record({ events: [HELLO] })).rejects.toMatchObject({
      code: 'source.stopped',
    });
    expect(await opened[0]?.context.offer(HELLO)).toMatchObject({ kind: 'refused' });
    expect(await bench.records('said')).toEqual([]);
  });

  test('leaves no timer behind where it stops at once', async () => {
    const { kind } = speakers();
    const bench = await SourceBench.open({ kinds: [kind], sources: [named('a')] });
    await bench.sources.start();
    await bench.sources.stop();
    expect(bench.clock.untilNext()).toBeUndefined();
  });

  test('that is stopped while it starts never says that it has started', async () => {
    let opened = (): void => {};
    const { kind } = speakers(() => new Promise((resolve) => (opened = resolve)));
    const slow = named('a', { staleMs: 60_000 });
    const bench = await SourceBench.open({ kinds: [kind], sources: [slow] });
    const started = bench.sources.start();
    await until(() => bench.sources.views()[0]);
    const stopped = bench.sources.stop();
    opened();
    await Promise.all([started, stopped]);
    expect(await bench.records('source.*')).toEqual([]);
    expect(bench.clock.untilNext()).toBeUndefined();
  });

  test('is told what is wrong with an event that no log takes', async () => {
    const { kind, opened } = speakers();
    const bench = await SourceBench.open({ kinds: [kind], sources: [named('a')] });
    await bench.sources.start();
    const bad = opened[0]?.context.record({ events: [{ type: 'run.started', data: '{}' }] });
    await expect(bad).rejects.toMatchObject({ code: 'source.event_invalid' });
    expect(bench.sources.views()).toMatchObject([{ last_event: null }]);
  });
});

describe('the sources', () => {
  test('that are in force are open; one that stays goes on undisturbed', async () => {
    const { kind, opened } = speakers();
    const bench = await SourceBench.open({ kinds: [kind], sources: [named('a'), named('b')] });
    await bench.sources.start();
    bench.inForce = [named('a'), named('b', { trust: 'untrusted' }), named('c')];
    await bench.sources.refresh();
    expect(bench.sources.views().map(({ name }) => name)).toEqual([
      'speaker:a',
      'speaker:b',
      'speaker:c',
    ]);
    expect(opened.map(({ context, stopped }) => [context.name, stopped])).toEqual([
      ['speaker:a', false],
      ['speaker:b', true],
      ['speaker:b', false],
      ['speaker:c', false],
    ]);
  });

  test.each([
    { only: ['speaker'], open: ['speaker:a', 'speaker:b'] },
    { only: ['b'], open: ['speaker:b'] },
    { only: ['speaker:a', 'schedule'], open: ['speaker:a'] },
  ])('are those of $only where only these are wanted', async ({ only, open }) => {
    const { kind } = speakers();
    const sources = [named('a'), named('b')];
    const bench = await SourceBench.open({ kinds: [kind], sources, only });
    await bench.sources.start();
    expect(bench.sources.views().map(({ name }) => name)).toEqual(open);
  });

  test('say once what happened while nobody listened', async () => {
    const { kind } = speakers(async (context) => {
      context.report({ recovered: 4, skipped: 1, what: 'file changes' });
    });
    const bench = await SourceBench.open({ kinds: [kind], sources: [named('a')] });
    await bench.sources.start();
    await bench.stop();
    expect(
      await (
        await SourceBench.open({ kinds: [], sources: [], before: bench })
      ).records('source.reconciled'),
    ).toEqual([]);
    bench.clock.advance(3_600_000);
    const later = await SourceBench.open({ kinds: [kind], sources: [named('a')], before: bench });
    await later.sources.start();
    const [told] = await until(async () => {
      const records = await later.records('source.reconciled');
      return records.length === 0 ? undefined : records;
    });
    const found = [{ source: 'speaker:a', recovered: 4, skipped: 1, what: 'file changes' }];
    expect(JSON.parse(told?.data ?? '')).toEqual({ down_ms: 3_600_000, found });
  });

  test('that take long to look at what they missed hold nobody up', async () => {
    const { kind } = speakers(() => new Promise(() => {}));
    const bench = await SourceBench.open({ kinds: [kind], sources: [named('a')] });
    const started = bench.sources.start();
    await until(() => bench.clock.untilNext());
    bench.clock.advance(10_000);
    await started;
    expect(bench.sources.views()).toMatchObject([{ state: 'starting' }]);
    const stopped = bench.sources.stop();
    await until(() => bench.clock.untilNext());
    bench.clock.advance(5_000);
    await stopped;
  });
});

test('a source of which too much waits holds its place, degraded until it may speak', async () => {
  let full = true;
  const enter = (): Entering =>
    full ? { kind: 'full', retryAfterMs: 60_000 } : { kind: 'welcome', done: () => {} };
  const { kind, opened } = speakers();
  const bench = await SourceBench.open({
    kinds: [kind],
    sources: [named('a')],
    quotas: { enter },
  });
  await bench.sources.start();
  const context = opened[0]?.context;
  const cursors = [{ key: 'at', value: '1' }];
  const recorded = context?.record({ events: [HELLO], cursors });
  await until(() => (bench.sources.views()[0]?.state === 'degraded' ? true : undefined));
  expect(bench.sources.views()).toMatchObject([
    { error: 'as many of its events wait as its "queue_limit" allows' },
  ]);
  // What it hears itself says nothing of that.
  context?.recovered();
  bench.clock.advance(5_000);
  await until(async () => (await bench.records('source.degraded'))[0]);
  expect(bench.sources.views()).toMatchObject([{ state: 'degraded' }]);
  expect(await bench.records('said')).toEqual([]);
  expect(await bench.store.cursors({ source: 'speaker:a', limit: 9 })).toEqual([]);
  full = false;
  bench.clock.advance(200);
  await recorded;
  expect(await bench.store.cursors({ source: 'speaker:a', limit: 9 })).toEqual(cursors);
  expect(bench.sources.views()).toMatchObject([{ state: 'degraded' }]);
  bench.clock.advance(10_000);
  expect(bench.sources.views()).toMatchObject([{ state: 'running', error: null }]);
  await until(async () => (await bench.records('source.recovered'))[0]);
});
