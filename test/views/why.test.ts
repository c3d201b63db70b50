import { describe, expect, test } from 'vitest';
import type { Flow, Step } from '../../src/flows/flow.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import type { LogRecord } from '../../src/store/contract.ts';
import { idOf, toRecord } from '../../src/store/record.ts';
import { CHAIN_MAX, causesOf } from '../../src/views/cause-chain.ts';
import { explainWhy, type Why } from '../../src/views/why.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { stepOf } from '../runs/pieces.ts';
import { done, lost, refused } from '../runs/scripted.ts';
import { catalogOf, listens, Station, type StationOptions } from '../routing/station.ts';
import { conditionOf, readerOf } from './reader.ts';

let named = 0;

async function stationWith(
  flows: readonly Flow[],
  act: (context: StepContext) => Promise<StepResult>,
  options: StationOptions = {},
): Promise<Station> {
  const station = await Station.open({ ...options, act });
  await station.activate(catalogOf(`why-${named++}`, ...flows));
  await station.start();
  return station;
}

function doing(name: string, event: string, ...steps: readonly Step[]): Flow {
  return { ...listens(name, event), steps };
}

async function whyOf(station: Station, id: string | number): Promise<Why> {
  return explainWhy(readerOf(station), String(id));
}

/** The run of a flow, by the log. */
async function runOf(station: Station, flow: string): Promise<number> {
  const [run] = await station.store.runs({ limit: 1, flow });
  return run?.id ?? 0;
}

const once = async (): Promise<StepResult> => done;

describe('the causes of a run', () => {
  test('are told from the root down, with the step that emitted each event', async () => {
    const emits = [{ type: 'built', data: 1 }];
    const station = await stationWith(
      [
        doing('build', 'pushed', stepOf({ id: 'a' }), stepOf({ id: 'b' })),
        listens('deploy', 'built'),
      ],
      async ({ step }) => ({ kind: 'done', output: null, ...(step === 'b' && { emits }) }),
    );
    await station.emit('pushed', {}, { id: 'p-1' });
    await station.routed();
    const { chain, whole, kind, state, reason } = await whyOf(
      station,
      await runOf(station, 'deploy'),
    );
    expect(chain.map((link) => [link.kind, link.type, link.flow, link.step])).toEqual([
      ['event', 'pushed', null, null],
      ['run', 'run.started', 'build', null],
      ['event', 'built', 'build', 'b'],
      ['run', 'run.started', 'deploy', null],
    ]);
    expect(chain[0]?.id).toBe('p-1');
    expect({ whole, kind, state, reason }).toEqual({
      whole: true,
      kind: 'run',
      state: 'succeeded',
      reason: 'every step is done',
    });
  });

  test('may be the record of another run', async () => {
    const station = await stationWith(
      [listens('build', 'pushed'), listens('alarm', 'run.failed')],
      async ({ flow }) => {
        const error = { code: 'x', message: 'It broke.', happened: 'no' } as const;
        return flow === 'build' ? { kind: 'fail', error } : done;
      },
    );
    await station.emit('pushed');
    await station.routed();
    const { chain } = await whyOf(station, await runOf(station, 'alarm'));
    expect(chain.map(({ type, flow, step }) => [type, flow, step])).toEqual([
      ['pushed', null, null],
      ['run.started', 'build', null],
      ['run.failed', 'build', 'build'],
      ['run.started', 'alarm', null],
    ]);
  });

  test('are followed so far and no further, and the answer says so', async () => {
    const { store } = await Station.open();
    const event = { ...toRecord({ type: 'a', source: 's', data: '{}' }, 0), stream: null };
    const recordAt = (seq: number): LogRecord => ({
      ...event,
      seq,
      causation: seq - 1,
      prev: null,
    });
    const endless = alteredStore(store, { read: async ({ after }) => [recordAt(after + 1)] });
    const { links, whole } = await causesOf(endless, recordAt(1_000));
    expect(links).toHaveLength(CHAIN_MAX);
    expect({ whole, last: links.at(-1)?.id }).toEqual({
      whole: false,
      last: idOf(store.identity, 1_000),
    });
    const circle = { ...recordAt(5), causation: 5 };
    expect(await causesOf(endless, circle)).toMatchObject({ whole: true, links: [{}] });
  });

  test('are as many as a chain may have, and a loop ends in a dead letter', async () => {
    const emits = [{ type: 'again', data: 1 }];
    const station = await stationWith([listens('loop', 'again')], async () => ({
      kind: 'done',
      output: null,
      emits,
    }));
    await station.emit('again');
    await station.routed();
    const records = await station.records();
    const letter = records.find(({ type }) => type === 'event.dead_lettered');
    const { chain, whole } = await whyOf(station, letter?.seq ?? 0);
    expect(whole).toBe(true);
    expect(chain.length).toBeLessThan(CHAIN_MAX);
    expect(chain[0]).toMatchObject({ type: 'again', flow: null });
    const last = await whyOf(station, letter?.causation ?? 0);
    expect(last.reason).toContain('flow "loop" could not take it');
    expect(last.reason).toContain('taken for a loop');
  });
});

describe('why a run stands where it stands', () => {
  test('it waits to try again, and says after which failure', async () => {
    const station = await stationWith([listens('f', 'a')], async () => refused);
    await station.emit('a');
    await station.until(() => station.runner.lanes.taken === 0 && station.store.head() > 3);
    await station.settle();
    const why = await whyOf(station, await runOf(station, 'f'));
    expect(why).toMatchObject({ state: 'waiting', due: expect.any(String) as string });
    expect(why.reason).toBe(
      `waits until ${why.due ?? ''} to try again, ` +
        'since attempt 1 of 3 of step "build" failed: not now [x]',
    );
  });

  test('it waits for a person, since nobody knows whether its step happened', async () => {
    const flow = doing('f', 'a', stepOf({ id: 'pay', effect: 'ask' }));
    const station = await stationWith([flow], async () => lost);
    await station.emit('a');
    await station.until(() => station.runner.lanes.taken === 0 && station.store.head() > 3);
    await station.settle();
    expect(await whyOf(station, await runOf(station, 'f'))).toMatchObject({
      state: 'waiting',
      due: null,
      reason: 'step "pay" waits for a person: no answer',
    });
  });

  test('it sleeps, is under way, or has a place in the queue', async () => {
    const sleeper = doing('sleeper', 'nap', stepOf({ id: 'nap' }));
    const worker = doing('worker', 'work', stepOf({ id: 'dig' }));
    const station = await stationWith(
      [sleeper, worker],
      async ({ flow, now }) => {
        return flow === 'sleeper' ? { kind: 'wait', until: now + 60_000 } : new Promise(() => {});
      },
      { slots: 1 },
    );
    await station.emit('nap');
    await station.until(() => station.runner.lanes.taken === 0 && station.store.head() > 3);
    await station.settle();
    expect((await whyOf(station, await runOf(station, 'sleeper'))).reason).toMatch(
      /^step "nap" waits until \d{4}-/,
    );
    await station.emit('work');
    await station.until(() => station.runner.lanes.taken === 1);
    for (let n = 0; n < 3; n++) await station.emit('work');
    await station.settle();
    await station.until(() => {
      station.clock.advance(50);
      return station.router.at === station.store.head();
    });
    const [third, second, first, under] = await station.store.runs({ limit: 4, flow: 'worker' });
    const reasonOf = async (id = 0): Promise<string> => (await whyOf(station, id)).reason;
    expect(await reasonOf(under?.id)).toBe('step "dig" is under way');
    expect(await reasonOf(first?.id)).toBe('waits for a free slot to begin step "dig"');
    expect(await reasonOf(second?.id)).toMatch(/to begin step "dig", behind [12] others?$/);
    expect(await reasonOf(third?.id)).toContain('behind 2 others');
  });

  test('it failed, at which attempt and why, and the message is cut and harmless', async () => {
    const message = `\u001b[2Jboom ${'x'.repeat(8_000)}`;
    const station = await stationWith([listens('f', 'a')], async () => {
      return { kind: 'fail', error: { code: 'x.y', message, happened: 'no' } };
    });
    await station.emit('a');
    await station.routed();
    const { reason } = await whyOf(station, await runOf(station, 'f'));
    expect(reason).toMatch(/^step "build" failed for good: \\u001b\[2Jboom x+… \[x\.y\]$/);
    expect(reason.length).toBeLessThan(600);
  });

  test('it had nothing to do, and which conditions saw what', async () => {
    const guarded = (id: string, text: string): Step => stepOf({ id, guard: conditionOf(text) });
    const station = await stationWith(
      [
        doing('none', 'a', guarded('x', 'payload.n > 1'), guarded('y', "payload.s == 'b'")),
        doing('said', 'b', stepOf({ id: 'look' })),
        doing('some', 'a', stepOf({ id: 'go' }), guarded('more', 'payload.n > 9')),
      ],
      async ({ step }) => (step === 'look' ? { kind: 'noop' } : done),
    );
    await station.emit('a', { n: 1, s: 'a' });
    await station.emit('b');
    await station.routed();
    expect(await whyOf(station, await runOf(station, 'none'))).toMatchObject({
      state: 'noop',
      reason: "no step's condition held, so there was nothing to do",
      unmet: [
        { step: 'x', if: 'payload.n > 1', values: [{ path: 'payload.n', value: '1' }] },
        { step: 'y', if: "payload.s == 'b'", values: [{ path: 'payload.s', value: '"a"' }] },
      ],
    });
    expect(await whyOf(station, await runOf(station, 'said'))).toMatchObject({
      state: 'noop',
      reason: 'step "look" said that there was nothing to do',
      unmet: [],
    });
    expect(await whyOf(station, await runOf(station, 'some'))).toMatchObject({
      state: 'succeeded',
      unmet: [{ step: 'more', values: [{ path: 'payload.n', value: '1' }] }],
    });
  });

  test('its failure was passed over', async () => {
    const flow = doing('f', 'a', stepOf({ id: 'last', onError: 'continue' }));
    const station = await stationWith([flow], async () => {
      return { kind: 'fail', error: { code: 'x', message: 'no', happened: 'no' } };
    });
    await station.emit('a');
    await station.routed();
    expect((await whyOf(station, await runOf(station, 'f'))).reason).toBe(
      'every step is done, and the failure of step "last" was passed over',
    );
  });
});

describe('why an event is what it is', () => {
  test('says what became of it at each flow', async () => {
    const where = conditionOf('payload.n > 1');
    const station = await stationWith(
      [listens('wants', 'a'), listens('not', { pattern: { event: 'a' }, where })],
      once,
    );
    await station.emit('a', { n: 1 });
    await station.emit('b');
    await station.routed();
    const seq = (await station.records()).find(({ type }) => type === 'a')?.seq ?? 0;
    expect(await whyOf(station, seq)).toMatchObject({
      kind: 'event',
      state: expect.stringMatching(/^(started, filtered|filtered, started)$/) as string,
      fates: expect.arrayContaining([
        expect.objectContaining({ flow: 'wants', outcome: 'started', state: 'succeeded' }),
        expect.objectContaining({ flow: 'not', outcome: 'filtered', reason: 'payload.n > 1' }),
      ]) as unknown,
    });
    const other = (await station.records()).find(({ type }) => type === 'b')?.seq ?? 0;
    expect(await whyOf(station, other)).toMatchObject({
      state: 'unmatched',
      reason: 'no flow listens to such an event',
    });
  });

  test('or that it waits to be routed', async () => {
    const station = await Station.open();
    await station.emit('a');
    expect(await whyOf(station, 1)).toMatchObject({
      state: 'waiting',
      reason: 'it waits to be routed',
    });
  });
});

test('what the log does not have has no reason', async () => {
  const station = await stationWith([], once);
  for (const id of ['999', 'sbzzzzzzzz-1', 'nobody', '0', '']) {
    await expect(explainWhy(readerOf(station), id)).rejects.toMatchObject({
      code: 'id.unknown',
      message: `There is no event and no run "${id}". List the latest with: signalbox history`,
    });
  }
});
