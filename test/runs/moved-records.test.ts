import { expect, test } from 'vitest';
import { isGone, movedRecords } from '../../src/runs/moved-records.ts';

function recordOf(type: string, data: object): { readonly type: string; readonly data: string } {
  return { type, data: JSON.stringify(data) };
}

function placesOf(records: readonly { readonly data: string }[]): unknown[] {
  return records.map(({ data }) => JSON.parse(data) as unknown);
}

test('the records of a run that was never moved are given as they are', () => {
  const records = [recordOf('run.started', { at: '0' })];
  expect(movedRecords(records)).toBe(records);
});

test('records have the places that the moves behind them gave to their steps', () => {
  const records = [
    recordOf('run.started', { at: '0' }),
    recordOf('step.completed', { at: '0', next: { at: '1', attempt: 1 } }),
    recordOf('run.moved', { at: '2', places: { '1': '2', '2.then.0': null } }),
    recordOf('step.completed', { at: '2', next: { at: '3', attempt: 1 } }),
    recordOf('run.moved', { at: '1', places: { '0': '5', '2': null } }),
    recordOf('run.noted', { by: 'a later version' }),
  ];
  expect(placesOf(movedRecords(records))).toMatchObject([
    { at: '5' },
    { at: '5', next: { at: 'gone.2', attempt: 1 } },
    { at: 'gone.2' },
    { at: 'gone.2', next: { at: '3', attempt: 1 } },
    { at: '1' },
    { by: 'a later version' },
  ]);
});

test('a place that is gone is none that a flow can have', () => {
  const [, first] = movedRecords([
    recordOf('run.moved', { at: '0', places: {} }),
    recordOf('step.completed', { at: 'failure.0' }),
    recordOf('run.moved', { at: '0', places: { 'failure.0': null } }),
  ]);
  expect(JSON.parse(first?.data ?? '')).toEqual({ at: 'gone.failure-0' });
  expect([isGone('gone.failure-0'), isGone('failure.0')]).toEqual([true, false]);
});
