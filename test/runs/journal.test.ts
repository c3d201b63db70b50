import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { isKnownVersion, isOwnType } from '../../src/events/own-types.ts';
import { decodeJournal, encodeJournal, type JournalEvent } from '../../src/runs/journal.ts';

const place = { at: '0', step: 'build' };
const error = {
  code: 'step.threw',
  message: 'it "broke"\n',
  happened: 'maybe',
  detail: '\u0007',
} as const;
const events: readonly JournalEvent[] = [
  {
    type: 'run.started',
    flow: 'deploy',
    catalog: 'c1',
    event: 4,
    epoch: 3,
    at: '0',
    attempt: 1,
    due: null,
    lane: 'deploy',
  },
  { type: 'step.started', ...place, attempt: 2, epoch: 8, crashes: 1 },
  { type: 'step.completed', ...place, output: [1, { a: null }], next: { at: '1', attempt: 0 } },
  { type: 'step.completed', ...place, output: null, next: { at: '1', attempt: 0 }, epoch: 4 },
  { type: 'step.retrying', ...place, attempt: 1, error, due: 70 },
  { type: 'step.waiting', ...place, due: 70 },
  { type: 'step.unknown', ...place, attempt: 1, error },
  { type: 'run.succeeded', ...place, output: 'done' },
  { type: 'run.failed', ...place, attempt: 1, error },
  { type: 'step.failed', ...place, attempt: 2, error, next: { at: '1.then.0', attempt: 1 } },
  { type: 'run.succeeded', ...place, output: null, error },
  { type: 'run.noop', ...place },
];

describe('the journal of a run', () => {
  test.each(events)('reads $type back as it was written', (event) => {
    expect(decodeJournal({ type: event.type, data: encodeJournal(event) })).toEqual(event);
  });

  test.each(events)('is of types that are ours and known: $type', ({ type }) => {
    expect(isOwnType(type)).toBe(true);
    expect(isKnownVersion(type, 1)).toBe(true);
  });

  test('does not repeat the type, which is the record’s own', () => {
    for (const event of events) expect(JSON.parse(encodeJournal(event))).not.toHaveProperty('type');
  });

  test('knows what is not a run’s', () => {
    expect(decodeJournal({ type: 'catalog.activated', data: '{}' })).toBeUndefined();
    expect(decodeJournal({ type: 'run.unheard_of', data: 'no JSON' })).toBeUndefined();
  });

  test('keeps any output', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const output = JSON.parse(JSON.stringify(value)) as null;
        const event: JournalEvent = { type: 'run.succeeded', ...place, output };
        expect(decodeJournal({ type: event.type, data: encodeJournal(event) })).toEqual(event);
      }),
    );
  });
});
