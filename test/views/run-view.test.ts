import { describe, expect, test } from 'vitest';
import { DEFAULT_RETRY, type Effect, type Flow } from '../../src/flows/flow.ts';
import { born, evolve } from '../../src/runs/evolve.ts';
import { encodeJournal, type JournalEvent, type RunStarted } from '../../src/runs/journal.ts';
import type { LogIdentity, LogRecord } from '../../src/store/contract.ts';
import { ownRecord } from '../../src/store/record.ts';
import { type RunView, viewRun } from '../../src/views/run-view.ts';

const identity: LogIdentity = {
  names: [{ from: 1, logId: 'sbaaaaaaaa' }],
  incarnation: 1,
  epoch: 1,
  afterCleanStop: true,
  lastReceived: 0,
};
const ERROR = { code: 'step.timeout', message: 'It took too long.', happened: 'maybe' } as const;
const RUN = 10;

function flowOf(ids: readonly string[], effect: Effect = 'idempotent'): Flow {
  const rest = { kind: 'echo', input: null, retry: DEFAULT_RETRY, timeoutMs: 1, effect };
  return { name: 'deploy', triggers: [], steps: ids.map((id) => ({ id, ...rest })) };
}

function started(attempt: number, due: number | null = null): RunStarted {
  const origin = { flow: 'deploy', catalog: 'h', event: 9, epoch: 1, lane: 'deploy' };
  return { type: 'run.started', ...origin, at: '0', attempt, due };
}

/** The view of a run with these records, one a second. */
function viewOf(flow: Flow | undefined, ...events: [RunStarted, ...JournalEvent[]]): RunView {
  const chain = { correlation: 'c', causation: 9, hops: 1 };
  const records = events.map((event, i): LogRecord => {
    const draft = ownRecord(event.type, encodeJournal(event), i * 1_000, chain);
    return { ...draft, seq: RUN + i, prev: i === 0 ? null : RUN + i - 1, stream: RUN };
  });
  const [first, ...rest] = events;
  let run = born(first, { received: 0, correlation: 'c', hops: 1 });
  for (const [i, event] of rest.entries()) run = evolve(run, event, (i + 1) * 1_000);
  const row = { ...run, id: RUN, version: RUN + events.length - 1 };
  return viewRun({ row, records, flow, event: 'e-1' }, identity);
}

function time(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

describe('a run', () => {
  test('just begun has its first step under way and the others ahead', () => {
    const run = viewOf(flowOf(['build', 'ship']), started(1));
    expect(run).toEqual({
      id: 'sbaaaaaaaa-10',
      flow: 'deploy',
      state: 'running',
      event: 'e-1',
      correlationid: 'c',
      parent: null,
      branch: null,
      started: time(0),
      ended: null,
      reason: null,
      due: null,
      steps: [
        {
          id: 'build',
          kind: 'echo',
          state: 'running',
          attempts: 1,
          key: 'sbaaaaaaaa-10/build',
          output: null,
          error: null,
          started: time(0),
          ended: null,
          decision: null,
          usage: null,
          branches: null,
          opened: [],
          tries: [{ attempt: 1, started: time(0), ended: null, outcome: 'running', error: null }],
        },
        expect.objectContaining({ id: 'ship', state: 'pending', attempts: 0, started: null }),
      ],
    });
  });

  test('in the queue has begun no step', () => {
    const run = viewOf(flowOf(['build']), started(0, 5));
    expect(run.state).toBe('queued');
    expect(run.steps).toMatchObject([{ state: 'pending', attempts: 0, started: null }]);
  });

  test('that succeeded has every output, and when each step began and ended', () => {
    const next = { at: '1', attempt: 1 };
    const run = viewOf(
      flowOf(['build', 'ship']),
      started(1),
      { type: 'step.completed', at: '0', step: 'build', output: { files: 3 }, next },
      { type: 'run.succeeded', at: '1', step: 'ship', output: 'done' },
    );
    expect(run).toMatchObject({ state: 'succeeded', ended: time(2) });
    expect(run.steps).toMatchObject([
      { state: 'succeeded', output: { files: 3 }, started: time(0), ended: time(1) },
      { state: 'succeeded', output: 'done', started: time(1), ended: time(2), attempts: 1 },
    ]);
  });

  test('that failed says at which step and why', () => {
    const run = viewOf(flowOf(['build', 'ship']), started(1), {
      type: 'run.failed',
      at: '0',
      step: 'build',
      attempt: 3,
      error: ERROR,
    });
    expect(run).toMatchObject({ state: 'failed', reason: 'It took too long.' });
    expect(run.steps).toMatchObject([
      { state: 'failed', attempts: 3, error: ERROR, ended: time(1) },
      { state: 'pending', ended: null },
    ]);
  });
});

describe('a step', () => {
  const retrying = { type: 'step.retrying', at: '0', step: 'a', attempt: 1, error: ERROR } as const;
  const session = { epoch: 1, crashes: 0 };
  const again = { type: 'step.started', at: '0', step: 'a', attempt: 2, ...session } as const;

  test('that failed and is due again shows its error', () => {
    const run = viewOf(flowOf(['a']), started(1), { ...retrying, due: 9_000 });
    expect(run).toMatchObject({ state: 'waiting', reason: 'It took too long.' });
    expect(run.steps).toMatchObject([{ state: 'retrying', attempts: 1, error: ERROR }]);
  });

  test('keeps when it first began, and its last error until it is done', () => {
    const tried = [started(1), { ...retrying, due: 9_000 }, again] as const;
    const under = viewOf(flowOf(['a']), ...tried);
    expect(under.steps).toMatchObject([
      { state: 'running', attempts: 2, started: time(0), error: ERROR },
    ]);
    const done = viewOf(flowOf(['a']), ...tried, {
      type: 'run.succeeded',
      at: '0',
      step: 'a',
      output: null,
    });
    expect(done.steps).toMatchObject([{ state: 'succeeded', attempts: 2, error: null }]);
    expect(done.steps[0]?.tries).toEqual([
      { attempt: 1, started: time(0), ended: time(1), outcome: 'failed', error: ERROR },
      { attempt: 2, started: time(2), ended: time(3), outcome: 'succeeded', error: null },
    ]);
  });

  test('that must not be repeated is pending until its call is announced', () => {
    const intended = viewOf(flowOf(['a'], 'ask'), started(0));
    expect(intended.steps).toMatchObject([{ state: 'pending', attempts: 0 }]);
    const called = viewOf(flowOf(['a'], 'ask'), started(0), { ...again, attempt: 1 });
    expect(called.steps).toMatchObject([{ state: 'running', attempts: 1, started: time(1) }]);
  });

  test('that sleeps waits, and one that may have happened is unknown', () => {
    const waiting = { type: 'step.waiting', at: '0', step: 'a', due: 9_000 } as const;
    expect(viewOf(flowOf(['a']), started(1), waiting).steps).toMatchObject([{ state: 'waiting' }]);
    const unknown = { type: 'step.unknown', at: '0', step: 'a', attempt: 1, error: ERROR } as const;
    const run = viewOf(flowOf(['a'], 'ask'), started(1), unknown);
    expect(run).toMatchObject({ state: 'waiting', reason: 'It took too long.' });
    expect(run.steps).toMatchObject([{ state: 'unknown', error: ERROR }]);
  });

  test('that was reached shows even where the catalog of its run is lost', () => {
    const next = { at: '1', attempt: 1 };
    const done = { type: 'step.completed', at: '0', step: 'build', output: 1, next } as const;
    const failed = { type: 'run.failed', at: '1', step: 'ship', attempt: 1, error: ERROR } as const;
    expect(viewOf(undefined, started(1), done, failed).steps).toMatchObject([
      { id: 'build', state: 'succeeded', key: 'sbaaaaaaaa-10/build' },
      { id: 'ship', state: 'failed', key: 'sbaaaaaaaa-10/ship' },
    ]);
  });
});

describe('what a person did to a run', () => {
  const flow = flowOf(['build', 'ship', 'tell']);
  const ann = { by: 'ann', reason: 'why' } as const;
  const built = {
    type: 'step.completed',
    at: '0',
    step: 'build',
    output: 1,
    next: { at: '1', attempt: 1 },
  } as const;
  const back = { at: '1', state: 'waiting', due: 5, because: null } as const;
  const shipFailed = {
    type: 'run.failed',
    at: '1',
    step: 'ship',
    attempt: 1,
    error: ERROR,
  } as const;

  test('put off: what called nothing is no attempt, and what broke off before it still is', () => {
    const rest = { at: '0', step: 'build' };
    const parked = { type: 'step.parked', ...rest, due: 9_000, reason: 'it is full' } as const;
    const again = { type: 'step.started', ...rest, epoch: 2, attempt: 1, crashes: 0 } as const;
    expect(viewOf(flow, started(1), parked).steps[0]).toMatchObject({ tries: [] });
    expect(viewOf(flow, started(1), parked, again).steps[0]).toMatchObject({
      attempts: 1,
      tries: [{ attempt: 1, started: time(2), outcome: 'running' }],
    });
    expect(viewOf(flow, started(1), again, parked, again).steps[0]).toMatchObject({
      tries: [{ outcome: 'interrupted' }, { started: time(3), outcome: 'running' }],
    });
  });

  test('paused: what nobody has come to is not begun', () => {
    const run = viewOf(flow, started(1), built, { type: 'run.paused', ...back, ...ann });
    expect(run).toMatchObject({ state: 'paused', reason: 'by ann: why' });
    expect(run.steps[1]).toMatchObject({ state: 'pending', attempts: 0, tries: [] });
  });

  test('paused: what waits to be tried again still does', () => {
    const retrying = {
      type: 'step.retrying',
      at: '0',
      step: 'build',
      attempt: 1,
      error: ERROR,
    } as const;
    const run = viewOf(
      flow,
      started(1),
      { ...retrying, due: 9 },
      { type: 'run.paused', ...back, at: '0', because: ERROR.message, ...ann },
      { type: 'run.resumed', ...back, at: '0', because: ERROR.message, ...ann },
    );
    expect(run).toMatchObject({ state: 'waiting', reason: ERROR.message });
    expect(run.steps[0]).toMatchObject({ state: 'retrying', attempts: 1 });
  });

  test('cancelled: the step under way is given up, and nothing behind it was passed over', () => {
    const run = viewOf(flow, started(1), built, {
      type: 'run.cancelled',
      at: '1',
      step: 'ship',
      ...ann,
    });
    expect(run.steps.map(({ state }) => state)).toEqual(['succeeded', 'cancelled', 'pending']);
    expect(run.steps[1]).toMatchObject({ ended: time(2), tries: [{ outcome: 'interrupted' }] });
  });

  test('retried: the steps from there on are as they were, but for what was tried', () => {
    const retried = {
      type: 'run.retried',
      at: '0',
      step: 'build',
      due: 9,
      ended: 'failed',
    } as const;
    const run = viewOf(flow, started(1), built, shipFailed, { ...retried, ...ann });
    expect(run.steps).toMatchObject([
      { state: 'pending', attempts: 0, output: null, tries: [{ outcome: 'succeeded' }] },
      { state: 'pending', attempts: 0, error: null, tries: [{ outcome: 'failed' }] },
      { state: 'pending' },
    ]);
  });

  test('set: the step has what was said of it, and what was tried before', () => {
    const held = {
      type: 'run.retried',
      at: '1',
      step: 'ship',
      due: null,
      ended: 'failed',
    } as const;
    const run = viewOf(
      flow,
      started(1),
      built,
      shipFailed,
      { ...held, ...ann },
      {
        type: 'step.completed',
        at: '1',
        step: 'ship',
        output: 'by hand',
        next: { at: '2', attempt: 0 },
        due: 9,
        decision: ann,
      },
    );
    expect(run.steps[1]).toMatchObject({
      state: 'succeeded',
      attempts: 1,
      output: 'by hand',
      decision: ann,
      tries: [{ outcome: 'failed' }],
    });
  });
});
