import { describe, expect, test } from 'vitest';
import { problemOf, refuseFullDisk } from '../../src/server/refusal.ts';
import { refusalOf } from '../../src/sources/refusal.ts';
import { SignalboxError } from '../../src/std/errors.ts';

const FULL = { code: 'store.full', status: 507, message: 'Full.' };

function thrownBy(error: unknown): unknown {
  try {
    return refuseFullDisk(error);
  } catch (thrown) {
    return thrown;
  }
}

describe('a full disk', () => {
  test('is told in one way, whoever found it, and when to come again', () => {
    const found = new SignalboxError('data.unusable', 'Full.');
    const headers = { 'retry-after': '5' };
    expect(thrownBy(found)).toMatchObject({ ...FULL, headers, cause: found });
    const refused = problemOf({ kind: 'refused', code: 'store.full', message: 'Full.' });
    expect(refused).toMatchObject({ ...FULL, headers });
    const event = refusalOf({ kind: 'refused', reason: 'disk_full', retryAfterMs: 2_000 });
    const message = expect.stringContaining('The disk is full');
    expect(event).toMatchObject({ ...FULL, message, headers: { 'retry-after': '2' } });
  });

  test('is not what another error tells', () => {
    for (const other of [new SignalboxError('data.locked', 'Held.'), new Error('Full.'), 'Full.']) {
      expect(thrownBy(other)).toBe(other);
    }
  });
});

describe('a decision that is refused', () => {
  test.each([
    ['run.unknown', 404],
    ['letter.unknown', 404],
    ['repair.invalid', 400],
    ['event.invalid', 400],
    ['letter.closed', 409],
    ['run.ended', 409],
  ])('as %s has the status %i, and may not come again', (code, status) => {
    const problem = problemOf({ kind: 'refused', code, message: 'No.' });
    expect(problem).toMatchObject({ code, status, message: 'No.', headers: {} });
  });

  test('since its run is too quick may come again', () => {
    const problem = problemOf({ kind: 'refused', code: 'run.busy', message: 'Busy.' });
    expect(problem).toMatchObject({ status: 409, headers: { 'retry-after': '5' } });
  });
});
