import { describe, expect, it } from 'vitest';
import { type Testbox, testbox } from '../../src/signalbox/testing/testbox.ts';
import type { Json } from '../../src/std/json.ts';
import { readTimers } from '../../src/views/timer-view.ts';

async function boxWith(...steps: readonly Json[]): Promise<Testbox> {
  return testbox({ config: { flows: { release: { on: 'released', steps } } } });
}

const approval = { event: 'approved', match: { pr: '{payload.pr}' } };

describe('a wait for an event', () => {
  it('ends with the event that has its values, and gives it', async () => {
    const test = await boxWith(
      { id: 'approval', wait: approval },
      { emit: 'shipped', data: { by: '{steps.approval.output.data.by}' } },
    );
    await test.emit('released', { pr: 7 });
    await test.emit('approved', { pr: 8, by: 'nobody' });
    await test.advance('3d');
    expect(await test.events('shipped')).toEqual([]);

    await test.emit('approved', { pr: '7', by: 'kim' });

    expect(await test.events('shipped')).toMatchObject([{ data: { by: 'kim' } }]);
    expect(await test.runs()).toMatchObject([{ state: 'succeeded' }]);
    await test.stop();
  });

  it('takes an event that came after its run began and before the wait', async () => {
    const test = await boxWith({ sleep: '1h' }, { id: 'approval', wait: approval });
    await test.emit('approved', { pr: 7, by: 'too early' });
    await test.emit('released', { pr: 7 });
    await test.emit('approved', { pr: 7, by: 'kim' });
    await test.advance('1h');
    expect(await test.runs()).toMatchObject([
      { state: 'succeeded', steps: [{}, { output: { data: { by: 'kim' } } }] },
    ]);
    await test.stop();
  });

  it('fails when its time is over', async () => {
    const test = await boxWith({ id: 'approval', wait: { ...approval, timeout: '4h' } });
    await test.emit('released', { pr: 7 });
    await test.advance('3h');
    expect(await test.runs()).toMatchObject([{ state: 'waiting' }]);
    await test.advance('1h');
    expect(await test.runs()).toMatchObject([
      { state: 'failed', steps: [{ error: { code: 'wait.timed_out' } }] },
    ]);
    await test.stop();
  });

  it('takes an event once in a run', async () => {
    const test = await boxWith(
      { id: 'first', wait: approval },
      { id: 'second', wait: approval },
      {
        parallel: [
          { id: 'third', wait: approval },
          { id: 'fourth', wait: approval },
        ],
      },
    );
    await test.emit('released', { pr: 7 });
    for (const by of ['a', 'b', 'c', 'd']) {
      expect(await test.runs()).toMatchObject([{ state: 'waiting' }]);
      await test.emit('approved', { pr: 7, by });
    }
    const [run] = await test.runs();
    expect(run).toMatchObject({ state: 'succeeded' });
    await test.stop();
  });

  it('outlives restarts, and hears what comes behind them', async () => {
    const test = await boxWith({ id: 'approval', wait: approval });
    await test.emit('released', { pr: 7 });
    await test.restart('2m');
    await test.emit('approved', { pr: 7, by: 'kim' });
    expect(await test.runs()).toMatchObject([{ state: 'succeeded' }]);
    expect(await wrong(test)).toEqual([]);
    await test.stop();
  });

  it('is told where runs and timers are shown', async () => {
    const test = await boxWith({ id: 'approval', wait: { ...approval, timeout: '4h' } });
    await test.emit('released', { pr: 7 });
    const reason = 'waits for approved where pr = 7';
    expect(await test.runs()).toMatchObject([{ state: 'waiting', reason }]);
    const timers = await readTimers(test.engine.store, { limit: 10 });
    expect(timers).toMatchObject([
      { kind: 'run', flow: 'release', about: reason, due: '2026-01-01T04:00:00.000Z' },
    ]);
    await test.stop();
  });

  it('hears again, when it is resumed, what came while it was held', async () => {
    const test = await boxWith({ id: 'approval', wait: approval });
    await test.emit('released', { pr: 7 });
    await apply(test, 'pause');
    await test.emit('approved', { pr: 7, by: 'kim' });
    expect(await test.runs()).toMatchObject([{ state: 'paused' }]);
    await apply(test, 'resume');
    expect(await test.runs()).toMatchObject([
      { state: 'succeeded', steps: [{ output: { data: { by: 'kim' } } }] },
    ]);
    expect(await wrong(test)).toEqual([]);
    await test.stop();
  });

  it('keeps its time over a pause, and fails behind it', async () => {
    const test = await boxWith({ id: 'approval', wait: { ...approval, timeout: '2h' } });
    await test.emit('released', { pr: 7 });
    await apply(test, 'pause');
    await test.advance('3h');
    await apply(test, 'resume');
    expect(await test.runs()).toMatchObject([{ state: 'failed' }]);
    await test.stop();
  });

  it.each(['cancel', 'kill', 'skip', 'set'] as const)('is over with a %s', async (verb) => {
    const test = await boxWith({ id: 'approval', wait: approval }, { emit: 'shipped' });
    await test.emit('released', { pr: 7 });
    await apply(test, verb);
    const [before] = await test.runs();
    await test.emit('approved', { pr: 7, by: 'kim' });
    const ends = verb === 'cancel' || verb === 'kill' ? 'cancelled' : 'succeeded';
    expect(before).toMatchObject({ state: ends });
    expect(await test.runs()).toEqual([before]);
    expect(await test.events('step.awaited')).toEqual([]);
    expect(await wrong(test)).toEqual([]);
    await test.stop();
  });

  const fails = { http: { url: 'https://example.com' }, retry: { attempts: 1 } };

  it('begins anew, behind what it has taken, where it is retried', async () => {
    const test = await boxWith({ id: 'approval', wait: approval }, fails);
    await test.emit('released', { pr: 7 });
    await test.emit('approved', { pr: 7, by: 'kim' });
    expect(await test.runs()).toMatchObject([{ state: 'failed' }]);
    await apply(test, 'retry');
    expect(await test.runs()).toMatchObject([{ state: 'waiting' }]);
    await test.emit('approved', { pr: 7, by: 'lee' });
    expect(await test.runs()).toMatchObject([
      { state: 'failed', steps: [{ output: { data: { by: 'lee' } } }, {}] },
    ]);
    await test.stop();
  });

  it('goes on without an event where its step may fail', async () => {
    const step = { id: 'approval', wait: { ...approval, timeout: '1h' }, on_error: 'continue' };
    const data = { why: '${{ steps.approval.error.code }}' };
    const test = await boxWith(step, { emit: 'shipped', data });
    await test.emit('released', { pr: 7 });
    await test.advance('1h');
    expect(await test.events('shipped')).toMatchObject([{ data: { why: 'wait.timed_out' } }]);
    await test.stop();
  });

  it('takes only what the rest of its condition lets through', async () => {
    const wait = { ...approval, where: "payload.by != 'robot'" };
    const test = await boxWith({ id: 'approval', wait });
    await test.emit('released', { pr: 7 });
    await test.emit('approved', { pr: 7, by: 'robot' });
    await test.emit('approved', { pr: 7 });
    expect(await test.runs()).toMatchObject([{ state: 'waiting' }]);
    await test.emit('approved', { pr: 7, by: 'kim' });
    expect(await test.runs()).toMatchObject([{ state: 'succeeded' }]);
    await test.stop();
  });

  it('works in branches and called flows, and for what Signalbox records itself', async () => {
    const test = await testbox({
      config: {
        flows: {
          release: {
            on: 'released',
            steps: [
              { each: '${{ event.data.prs }}', as: 'pr', concurrency: 9, do: [waitFor('{pr}')] },
              { call: 'ask', data: { pr: 3 } },
            ],
          },
          report: {
            on: 'released',
            steps: [
              { wait: { event: 'run.started', match: { flow: 'ask' } } },
              { emit: 'reported' },
            ],
          },
        },
        handlers: { ask: { steps: [waitFor('{payload.pr}')] } },
      },
    });
    await test.emit('released', { prs: [1, 2] });
    await test.emit('approved', { pr: 2 });
    await test.emit('approved', { pr: 1 });
    expect(await test.events('reported')).toHaveLength(1);
    await test.emit('approved', { pr: 3 });
    expect((await test.runs()).map(({ state }) => state)).toEqual(Array(3).fill('succeeded'));
    expect(await wrong(test)).toEqual([]);
    await test.stop();
  });

  it('hears nothing of what hooks filtered, and the rest as they amended it', async () => {
    const test = await testbox({
      config: { flows: { release: { on: 'released', steps: [{ sleep: '1h' }, waitFor('7')] } } },
      setup: (box) => {
        box.hook('event:received', ({ event }) => {
          const { by } = event.data as { readonly by?: string };
          if (by === 'robot') return { action: 'skip', reason: 'a robot' };
          return by === 'kim' ? { action: 'modify', data: { pr: 7, by: 'Kim' } } : undefined;
        });
      },
    });
    await test.emit('released', { pr: 7 });
    await test.emit('approved', { pr: 7, by: 'robot' });
    await test.emit('approved', { pr: 8, by: 'kim' });
    await test.advance('1h');
    expect(await test.runs()).toMatchObject([
      { state: 'succeeded', steps: [{}, { output: { data: { pr: 7, by: 'Kim' } } }] },
    ]);
    await test.stop();
  });
});

function waitFor(pr: string): Json {
  return { wait: { event: 'approved', match: { pr } } };
}

/** What folding the log again finds to be different. */
async function wrong(test: Testbox): Promise<unknown> {
  return (await test.engine.rebuildCheck(() => {})).differences;
}

/** Does something to the one run that there is. */
async function apply(
  test: Testbox,
  verb: 'pause' | 'resume' | 'cancel' | 'kill' | 'retry' | 'skip' | 'set',
): Promise<void> {
  const [run] = await test.runs();
  const seq = Number(run?.id.split('-').at(-1));
  const from = { by: 'ann', reason: null, step: 'approval', from: 'approval', output: {} };
  const repaired = test.engine.repair.apply(seq, { ...from, verb });
  await test.advance('0s');
  expect(await repaired).toMatchObject({ kind: 'done' });
}
