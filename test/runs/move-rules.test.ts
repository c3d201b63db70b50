import { expect, test } from 'vitest';
import type { Flow } from '../../src/flows/flow.ts';
import { evolve } from '../../src/runs/evolve.ts';
import { encodeJournal, type JournalEvent } from '../../src/runs/journal.ts';
import { Motion } from '../../src/runs/motion.ts';
import { type Moving, reachedBy, relocated } from '../../src/runs/move-rules.ts';
import type { LogIdentity, LogRecord } from '../../src/store/contract.ts';
import { flowOf, runOf, stepOf } from './pieces.ts';

const NOW = 9_000;
const identity: LogIdentity = {
  names: [{ from: 1, logId: 'sb12345678' }],
  incarnation: 1,
  epoch: 3,
  afterCleanStop: true,
  lastReceived: 0,
};

function recordOf(seq: number, type: string, data: string): LogRecord {
  const nothing = { source: null, id: null, subject: null, correlation: null, causation: null };
  const place = { seq, prev: seq - 1, stream: 2, received: seq, hops: 1, version: 1 };
  return { ...nothing, ...place, type, attributes: null, data };
}

/** What becomes of a run of `before`, where these records have led it, that is moved to `after`. */
function moving(
  before: Flow,
  after: Flow,
  entries: readonly JournalEvent[],
  how: Partial<Moving> = {},
): JournalEvent | { readonly code: string; readonly message: string } {
  const records = entries.map((entry, i) => recordOf(3 + i, entry.type, encodeJournal(entry)));
  const run = entries.reduce((each, entry) => evolve(each, entry, NOW), runOf());
  const event = recordOf(1, 'pushed', '{}');
  const origin = { flow: before, event, identity };
  const motion = Motion.resumed({ id: 2, version: 2 + entries.length, run }, origin, records);
  const by = { by: 'ann', reason: null, ...how };
  const target = { catalog: 'c2', flow: after };
  return relocated({ motion, last: entries.at(-1), now: NOW }, by, { target });
}

const place = { at: '0', step: 'build' };
const asked = { ...place, hash: 'h', asOf: 1, waitsFor: 'waits for the owner' };
const proposed: JournalEvent = { type: 'step.proposed', ...asked, due: null };
const approved: JournalEvent = {
  type: 'step.approved',
  ...place,
  hash: 'h',
  asOf: 1,
  by: 'bob',
  proposal: 4,
  due: 5_000,
};
const wait = { event: 'a', match: [['data.id', '7']], after: 2, of: 2 } as const;
const waiting: JournalEvent = { type: 'step.waiting', ...place, due: 60_000, wait };
const sleeping: JournalEvent = { type: 'step.waiting', ...place, due: 60_000 };
const error = { code: 'x', message: 'no answer', happened: 'maybe' } as const;
const unknown: JournalEvent = { type: 'step.unknown', ...place, attempt: 1, error };
const held = { type: 'run.paused', at: '0', state: 'waiting', by: 'ann', reason: null } as const;
const paused: JournalEvent = { ...held, due: 60_000, because: null };
const same = flowOf(stepOf());
const other = flowOf(stepOf({ timeoutMs: 5 }));

test.each<[string, readonly JournalEvent[], Flow, { due: number | null; anew?: true }]>([
  ['is asked', [proposed], same, { due: NOW, anew: true }],
  ['has its answer', [proposed, approved], same, { due: NOW, anew: true }],
  ['may have happened', [proposed, approved, unknown], same, { due: null }],
  ['waits for an event', [waiting], same, { due: NOW }],
  ['waits for an event, and is another one', [waiting], other, { due: NOW, anew: true }],
  ['sleeps', [sleeping], same, { due: 60_000 }],
  ['sleeps, and is another one', [sleeping], other, { due: NOW, anew: true }],
  ['is held as it sleeps', [sleeping, paused], same, { due: null }],
  ['is held, and another one', [sleeping, paused], other, { due: null, anew: true }],
  ['is held as it waits for an event', [waiting, paused], same, { due: null }],
])('a run that is moved whose step %s', (_, entries, after, rest) => {
  const { due, anew } = moving(same, after, entries) as Extract<
    JournalEvent,
    { readonly type: 'run.moved' }
  >;
  expect({ due, ...(anew === undefined ? {} : { anew }) }).toEqual(rest);
});

test('a step that there is not is told of with its near miss', () => {
  const gone = moving(same, flowOf(stepOf({ id: 'builds' })), [sleeping]);
  expect(gone).toMatchObject({ message: expect.stringContaining('did you mean "builds"?') });
});

test('a step that was begun and is left is gone, or to be done again', () => {
  const later = flowOf(stepOf({ id: 'tell' }), stepOf());
  const how = { at: 'tell', accept: true };
  expect(moving(same, later, [sleeping], how)).toMatchObject({ accepted: { again: ['build'] } });
  const without = flowOf(stepOf({ id: 'tell' }));
  expect(moving(same, without, [sleeping], how)).toMatchObject({ accepted: { gone: ['build'] } });
});

test('what the records of a run say of its steps', () => {
  const next = { at: '2', attempt: 1 };
  const entries: JournalEvent[] = [
    { type: 'step.completed', ...place, output: null, next },
    { type: 'step.failed', at: '1', step: 'try', attempt: 1, error, next },
    { ...held, due: null, because: null },
    { type: 'step.forked', at: '2', step: 'all', count: 1, concurrency: 1, due: null },
  ];
  const records = entries.map((entry, i) => recordOf(3 + i, entry.type, encodeJournal(entry)));
  const reached = reachedBy([recordOf(2, 'run.noted', '{}'), ...records]);
  expect([...reached.names]).toEqual([
    ['0', 'build'],
    ['1', 'try'],
    ['2', 'all'],
  ]);
  expect([...reached.done]).toEqual(['build', 'try']);
  expect(reached.hasForked).toBe(true);
});
