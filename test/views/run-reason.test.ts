import { describe, expect, test } from 'vitest';
import { begin } from '../../src/runs/next.ts';
import { encodeJournal } from '../../src/runs/journal.ts';
import type { LogIdentity, LogRecord, RunRow, RunState } from '../../src/store/contract.ts';
import { ownRecord } from '../../src/store/record.ts';
import { attemptsOf } from '../../src/views/attempt-view.ts';
import { type ReasonFacts, reasonOf } from '../../src/views/run-reason.ts';
import { flowOf, runOf, stepOf } from '../runs/pieces.ts';

const identity: LogIdentity = {
  names: [{ from: 1, logId: 'sbaaaaaaaa' }],
  incarnation: 1,
  epoch: 1,
  afterCleanStop: true,
  lastReceived: 0,
};
const flow = flowOf(stepOf({ id: 'build' }));
const chain = { correlation: 'c', causation: 1, hops: 1 };
const started = begin(flow, { catalog: 'c1', event: 1, epoch: 3, lane: 'deploy' }, null);

function recordOf(seq: number, type: string, data: string): LogRecord {
  const draft = ownRecord('run.started', data, 0, chain);
  return { ...draft, type, seq, prev: null, stream: 10 };
}

/** The records of a run among some that only a later version knows. */
const records = [
  recordOf(10, 'run.started', encodeJournal(started)),
  recordOf(11, 'run.migrated', '{"by":"somebody"}'),
  recordOf(12, 'step.branched', '{"at":"0","branches":2}'),
];

function reason(fields: Partial<RunRow>, facts: Partial<ReasonFacts> = {}): string {
  const row = { ...runOf(fields), id: 10, version: 12 };
  return reasonOf({ row, records, flow, event: 'e', cause: undefined, ...facts }, identity);
}

describe('what a later version recorded', () => {
  test('is passed over, and the rest is told', () => {
    expect(reason({})).toBe('step "build" is under way');
    expect([...attemptsOf(records).keys()]).toEqual(['0']);
  });

  test('may be a state of its own', () => {
    const undone = 'forgiven' as RunState;
    expect(reason({ state: undone, reason: 'somebody undid it' })).toBe('somebody undid it');
    expect(reason({ state: undone })).toBe('the run is forgiven');
  });

  test('may stand at a step that is not found here', () => {
    expect(reason({ at: '0.branch.1.2' })).toBe('step "0.branch.1.2" is under way');
    expect(reason({ at: '0', attempt: 0 })).toBe('step "build" is about to begin');
    expect(reason({ state: 'failed', reason: 'it broke' })).toBe('step "build" failed: it broke');
  });
});

describe('a run whose flow is paused', () => {
  const since = '2026-01-01T00:00:00.000Z';
  const own = { flow: 'deploy', by: 'ann', reason: 'holidays', now: false, since };
  const other = { ...own, flow: 'another' };
  const all = { flow: null, by: 'up --paused', reason: null, now: false, since };

  test('waits for that to end, and says who paused it, when and why', () => {
    const paused = [other, own];
    const held = `flow "deploy" is paused since ${since} by ann: holidays`;
    expect(reason({ state: 'queued', due: 5 }, { paused, ahead: 2 })).toBe(
      `waits to begin step "build", behind 2 others: ${held}`,
    );
    expect(reason({ state: 'waiting', due: 5 }, { paused })).toBe(
      `step "build" waits until 1970-01-01T00:00:00.005Z; ${held}`,
    );
    expect(reason({ state: 'waiting', reason: 'It may have been.' }, { paused })).toBe(
      `step "build" waits for a person: It may have been; ${held}`,
    );
  });

  test('with everything says so as well', () => {
    expect(reason({ state: 'queued', due: 5 }, { paused: [own, all] })).toBe(
      `waits to begin step "build": flow "deploy" is paused since ${since} by ann: holidays; ` +
        `everything is paused since ${since} by up --paused`,
    );
  });

  test('is not held where it is under way, or where another flow is paused', () => {
    expect(reason({}, { paused: [own] })).toBe('step "build" is under way');
    expect(reason({ state: 'queued', due: 5 }, { paused: [other] })).toBe(
      'waits for a free slot to begin step "build"',
    );
  });
});
