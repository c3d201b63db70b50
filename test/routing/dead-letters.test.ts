import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/events/event.ts';
import type { Flow } from '../../src/flows/flow.ts';
import type { Key } from '../../src/flows/key.ts';
import { DeadLetters } from '../../src/routing/dead-letters.ts';
import { ManualStarts } from '../../src/routing/manual-starts.ts';
import { retryRecord } from '../../src/runs/named-start.ts';
import { checkRows } from '../../src/runs/rebuild.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import type { LetterRow } from '../../src/store/contract.ts';
import { ownRecord } from '../../src/store/record.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { findLetter } from '../../src/views/letter-page.ts';
import { stepOf } from '../runs/pieces.ts';
import { readerOf } from '../views/reader.ts';
import { catalogOf, listens, Station, type StationOptions, when } from './station.ts';

const picky = when('payload.n > 1', (payload) => {
  const { n } = payload as { readonly n?: number };
  if (n === undefined) throw new Error('there is no "n"');
  return n > 1;
});
const FLOWS = [
  listens('ship', { pattern: { event: 'order.placed' }, where: picky }),
  listens('hear', 'dead_letter.retried', 'dead_letter.dropped'),
];
const CATALOG = catalogOf('dead-letters', ...FLOWS);

interface Shop {
  readonly station: Station;
  readonly letters: DeadLetters;
  /** The events that runs of "ship" have seen. */
  readonly seen: Event[];
}

async function open(options: StationOptions = {}): Promise<Shop> {
  const seen: Event[] = [];
  const act = async (context: StepContext): Promise<StepResult> => {
    if (context.flow === 'ship') seen.push(context.event);
    return options.act?.(context) ?? { kind: 'done', output: null };
  };
  const station = await Station.open({ ...options, act });
  await station.activate(CATALOG);
  await station.start();
  return { station, letters: lettersOf(station), seen };
}

function lettersOf(station: Station): DeadLetters {
  const { store, catalogs, time, runner } = station;
  return new DeadLetters({ store, catalogs, time, repair: runner.repair });
}

/** The latest dead letter, once all is routed. */
async function latest(station: Station): Promise<LetterRow> {
  await station.routed();
  const [letter] = await station.store.letters({ limit: 1 });
  if (letter === undefined) throw new Error('there is no dead letter');
  return letter;
}

/** The log bears out what was counted, and its rows. */
async function expectSound(station: Station): Promise<void> {
  await station.routed();
  await station.router.stop();
  expect((await station.audit()).firstBad).toBeNull();
  expect((await checkRows(station.store, () => {})).differences).toEqual([]);
}

const by = 'ada';

describe('the retry of an event', () => {
  test('starts the flow that could not take it, with the event as it was', async () => {
    const { station, letters, seen } = await open();
    await station.emit('order.placed', {}, { id: 'o-1', subject: 'desk' });
    const letter = await latest(station);
    expect(letter).toMatchObject({ kind: 'event', state: 'open', flow: 'ship' });
    const settled = await letters.retry(letter.id, { by });
    expect(settled).toMatchObject({ kind: 'settled', letter: { state: 'retried' } });
    await station.routed();
    expect(seen).toMatchObject([
      { id: 'o-1', type: 'order.placed', source: 'tests', subject: 'desk', data: {} },
    ]);
    expect(await station.story('run.started')).toEqual(['run.started ship', 'run.started hear']);
    await expectSound(station);
  });

  test('starts it with other data where that is given, once', async () => {
    const { station, letters, seen } = await open();
    await station.emit('order.placed', {});
    const { id } = await latest(station);
    const retries = await Promise.all(
      ['{"n":5}', '{"n":6}', '{"n":7}'].map((data) => letters.retry(id, { by, data })),
    );
    expect(retries.map(({ kind }) => kind).toSorted()).toEqual(['refused', 'refused', 'settled']);
    await station.routed();
    expect(seen).toHaveLength(1);
    expect(retries.find(({ kind }) => kind === 'refused')).toMatchObject({
      code: 'letter.closed',
      message: expect.stringMatching(/^Dead letter sb\w+-\d+ was retried by ada at 20/) as string,
    });
    await expectSound(station);
  });

  test('is refused where the data is no payload', async () => {
    const { station, letters } = await open();
    await station.emit('order.placed', {});
    const { id } = await latest(station);
    for (const data of ['{', '"\ud800"', '[['.repeat(40) + ']]'.repeat(40)]) {
      expect(await letters.retry(id, { by, data })).toMatchObject({ code: 'event.invalid' });
    }
    expect(await station.store.letter(id)).toMatchObject({ state: 'open' });
  });

  test('is refused where the flow is no longer in force', async () => {
    const { station, letters } = await open();
    await station.emit('order.placed', {});
    const { id } = await latest(station);
    await station.activate(catalogOf('later', listens('shop', 'x')));
    const settled = await letters.retry(id, { by });
    expect(settled).toMatchObject({ kind: 'refused', code: 'letter.flow_unknown' });
    expect(settled).toMatchObject({
      message: expect.stringContaining('no flow "ship", did you mean "shop"?') as string,
    });
    expect(await letters.drop(id, { by, reason: null })).toMatchObject({ kind: 'settled' });
  });

  test('is a dead letter again where the flow is gone by then, which can be retried', async () => {
    const { station, letters, seen } = await open();
    await station.emit('order.placed', {}, { id: 'o-1' });
    const { id, event } = await latest(station);
    await station.activate(catalogOf('without', listens('shop', 'x')));
    // As a retry that was recorded just before the flow was taken away.
    const [order] = await station.store.readAt([event]);
    if (order === undefined) throw new Error('the order is in the log');
    const place = { identity: station.store.identity, received: station.time.now() };
    const record = retryRecord(order, { letter: id, flow: 'ship', by, data: order.data }, place);
    const closes = { letter: id, state: 'retried' } as const;
    await station.store.append({ writes: [{ kind: 'event', record, closes }] });
    const second = await latest(station);
    expect(second).toMatchObject({ flow: 'ship', code: 'flow.unknown', attempts: 0 });
    expect(seen).toEqual([]);

    await station.activate(CATALOG);
    expect(await letters.retry(second.id, { by })).toMatchObject({ kind: 'settled' });
    await station.routed();
    expect(seen).toMatchObject([{ id: 'o-1', type: 'order.placed', data: {} }]);
    await expectSound(station);
  });

  test('of an event that stands at the end of a chain is a dead letter again', async () => {
    const { station, letters } = await open();
    const cause = { correlation: 'root', causation: 1, hops: 32 };
    const own = ownRecord('daemon.started', '{}', station.time.now(), cause);
    const record = { ...own, type: 'order.placed', source: 'flow:x' };
    await station.store.append({ writes: [{ kind: 'event', record }] });
    const letter = await latest(station);
    expect(letter).toMatchObject({ code: 'chain.too_long' });
    await letters.retry(letter.id, { by });
    const again = await latest(station);
    expect(again).toMatchObject({ code: 'chain.too_long', state: 'open' });
    expect(again.id).toBeGreaterThan(letter.id);
    await expectSound(station);
  });
});

describe('the retry of an event of a flow with limits', () => {
  const lane = keyOf('payload.repo', ({ repo }) => repo);

  test('counts in the lane that its run would have had', async () => {
    const station = await Station.open();
    const where = when('payload.n > 1', () => {
      throw new Error('no value');
    });
    const limited: Flow = {
      ...listens('deploy', { pattern: { event: 'pushed' }, where }),
      concurrency: { key: lane, limit: 1, onFull: 'queue' },
    };
    await station.activate(catalogOf('lanes-of-retries', limited));
    await station.start();
    await station.emit('pushed', { repo: 'api' });
    const { id } = await latest(station);
    await lettersOf(station).retry(id, { by });
    await station.routed();
    const [run] = await station.store.runs({ limit: 1 });
    expect(run).toMatchObject({ flow: 'deploy', state: 'succeeded' });
    expect(run?.lane).toContain('api');
    await expectSound(station);
  });

  test('of a window gives its flow what it had gathered', async () => {
    const seen: Event[] = [];
    const station = await Station.open({
      act: async ({ event }) => {
        seen.push(event);
        return { kind: 'done', output: null };
      },
    });
    const batch: Flow = {
      ...listens('digest', 'pushed'),
      gather: { kind: 'batch', maxMs: 60_000, size: 2 },
      // A window has no "repo" of its own, so its run finds no lane.
      concurrency: { key: lane, limit: 1, onFull: 'queue' },
    };
    await station.activate(catalogOf('windows-of-retries', batch));
    await station.start();
    await station.emit('pushed', { n: 1 }, { id: 'e-1' });
    await station.emit('pushed', { n: 2 }, { id: 'e-2' });
    const letter = await latest(station);
    expect(letter).toMatchObject({ kind: 'event', flow: 'digest', code: 'expression.failed' });
    const gathered = { count: 2, events: [{ id: 'e-1', data: { n: 1 } }, { id: 'e-2' }] };
    expect(await findLetter(readerOf(station), String(letter.id))).toMatchObject({
      data: gathered,
    });

    const { concurrency: _, ...free } = batch;
    await station.activate(catalogOf('windows-without-lanes', free));
    expect(await lettersOf(station).retry(letter.id, { by })).toMatchObject({ kind: 'settled' });
    await station.routed();
    expect(seen).toMatchObject([{ type: 'window.closed', data: gathered }]);
    await expectSound(station);
  });
});

/** A key that is made of the payload. */
function keyOf(text: string, value: (payload: { readonly repo?: unknown }) => unknown): Key {
  return {
    text,
    of: (scope) => {
      const found = value(scope.get('payload') as { readonly repo?: unknown });
      if (typeof found !== 'string') throw new Error(`${text} has no value`);
      return found;
    },
  };
}

describe('the retry of a run', () => {
  test('goes on with the step that failed', async () => {
    let fails = true;
    const act = async ({ flow }: StepContext): Promise<StepResult> => {
      const error = { code: 'x.failed', message: 'It broke.', happened: 'no' } as const;
      return fails && flow === 'ship' ? { kind: 'fail', error } : { kind: 'done', output: null };
    };
    const { station, letters, seen } = await open({ act });
    await station.emit('order.placed', { n: 2 });
    const letter = await latest(station);
    expect(letter).toMatchObject({ kind: 'run', step: stepOf().id, attempts: 1, code: 'x.failed' });
    expect(await letters.retry(letter.id, { by, data: '1' })).toMatchObject({
      code: 'letter.not_retryable',
      message: expect.stringContaining('Emit the corrected event') as string,
    });
    fails = false;
    expect(await letters.retry(letter.id, { by })).toMatchObject({ kind: 'settled' });
    await station.settle();
    station.clock.advance(1);
    await station.until(() => seen.length === 2);
    await station.routed();
    expect(await station.store.run(letter.run ?? 0)).toMatchObject({ state: 'succeeded' });
    expect(await letters.retry(letter.id, { by })).toMatchObject({
      message: expect.stringContaining('was retried by ada at') as string,
    });
    await expectSound(station);
  });
});

describe('the drop of a letter', () => {
  test('closes it, and is heard of', async () => {
    const { station, letters } = await open();
    await station.emit('order.placed', {});
    const { id } = await latest(station);
    expect(await letters.drop(id, { by, reason: 'a test' })).toMatchObject({
      kind: 'settled',
      letter: { id, state: 'dropped' },
    });
    expect(await letters.drop(id, { by: 'bob', reason: null })).toMatchObject({
      code: 'letter.closed',
      message: expect.stringContaining('was dropped by ada') as string,
    });
    await station.routed();
    expect(await station.story('run.started')).toEqual(['run.started hear']);
    const dropped = (await station.records()).find(({ type }) => type === 'dead_letter.dropped');
    expect(JSON.parse(dropped?.data ?? '')).toEqual({ letter: id, by, reason: 'a test' });
    await expectSound(station);
  });

  test.each([
    ['is empty', ''],
    ['holds a control character', 'a\tb'],
    ['holds half of a character', '\ud800'],
    ['has 2000 characters', 'x'.repeat(2_000)],
  ])('is refused with a reason that %s, and leaves it open', async (problem, reason) => {
    const { station, letters } = await open();
    await station.emit('order.placed', {});
    const { id } = await latest(station);
    const head = station.store.head();
    expect(await letters.drop(id, { by, reason })).toMatchObject({
      kind: 'refused',
      code: 'repair.invalid',
      message: expect.stringContaining(`"reason" ${problem}`) as string,
    });
    expect(await station.store.letter(id)).toMatchObject({ state: 'open' });
    expect(station.store.head()).toBe(head);
  });

  test('of one that is not there is refused', async () => {
    const { letters } = await open();
    for (const id of [0, 1, 9_999]) {
      expect(await letters.retry(id, { by })).toMatchObject({ code: 'letter.unknown' });
      expect(await letters.drop(id, { by, reason: null })).toMatchObject({
        code: 'letter.unknown',
      });
    }
  });

  test('waits for space where the disk is full', async () => {
    const { station } = await open();
    await station.emit('order.placed', {});
    const { id } = await latest(station);
    const { store, catalogs, time, runner } = station;
    const full = alteredStore(store, { append: async () => ({ kind: 'full' }) });
    const letters = new DeadLetters({ store: full, catalogs, time, repair: runner.repair });
    expect(await letters.drop(id, { by, reason: null })).toMatchObject({ code: 'store.full' });
    expect(await letters.retry(id, { by })).toMatchObject({ code: 'store.full' });
  });
});

test('a letter of what cannot be tried again can only be dropped', async () => {
  const { station, letters } = await open();
  const cause = { correlation: null, causation: null, hops: 0 };
  const record = ownRecord('daemon.started', '{}', station.time.now(), cause);
  const about = { event: 1, flow: 'ship', run: null, step: null, attempts: 3 };
  const letter = { kind: 'notification', ...about, code: 'x', message: 'no answer' } as const;
  await station.store.append({ writes: [{ kind: 'event', record, letter }] });
  const { id } = await latest(station);
  expect(await letters.retry(id, { by })).toMatchObject({ code: 'letter.not_retryable' });
  expect(await letters.drop(id, { by, reason: null })).toMatchObject({ kind: 'settled' });
});

describe('a start by hand', () => {
  function startsOf({ catalogs, door, time }: Station): ManualStarts {
    return new ManualStarts({ catalogs, door, time });
  }

  test('starts a flow with the data that it is given', async () => {
    const { station, seen } = await open();
    const started = await startsOf(station).start({ flow: 'ship', data: '{"n":0}', by });
    expect(started).toMatchObject({ kind: 'accepted', duplicate: false });
    await station.routed();
    expect(seen).toMatchObject([{ type: 'manual.triggered', subject: 'ship', data: { n: 0 } }]);
    await expectSound(station);
  });

  test('names the flows that there are where it names none', async () => {
    const { station } = await open();
    expect(await startsOf(station).start({ flow: 'shp', data: '1', by })).toEqual({
      kind: 'unknown',
      message: 'There is no flow "shp", did you mean "ship"? In force are: ship, hear.',
    });
    const many = Array.from({ length: 30 }, (_, n) => listens(`f${n}`, 'x'));
    await station.activate(catalogOf('many', ...many));
    expect(await startsOf(station).start({ flow: 'zzzzzz', data: '1', by })).toMatchObject({
      message: expect.stringMatching(/In force are: f0, f1, .*f19 and 10 more\.$/) as string,
    });
    const empty = await Station.open();
    expect(await startsOf(empty).start({ flow: 'ship', data: '1', by })).toMatchObject({
      message: expect.stringContaining('none is in force') as string,
    });
  });

  test('is refused with a name that no flow can have, and with data that is none', async () => {
    const { station } = await open();
    const starts = startsOf(station);
    for (const flow of ['', 'a\u0000', '\ud800', 'x'.repeat(2_000)]) {
      const refused = await starts.start({ flow, data: '1', by });
      expect(refused.kind).toBe('unknown');
      expect(JSON.stringify(refused).length).toBeLessThan(500);
    }
    expect(await starts.start({ flow: 'ship', data: '{', by })).toMatchObject({ kind: 'invalid' });
    station.door.close();
    expect(await starts.start({ flow: 'ship', data: '1', by })).toMatchObject({
      kind: 'refused',
      reason: 'stopping',
    });
  });
});
