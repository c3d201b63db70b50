import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { formatId, newLogId, parseId } from '../../src/events/ids.ts';

describe('ids', () => {
  test('of any log and seq are read back as they were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (seq) => {
        const logId = newLogId();
        expect(parseId(formatId(logId, seq))).toEqual({ logId, seq });
      }),
    );
  });

  test('may be typed as the bare number', () => {
    expect(parseId('42')).toEqual({ logId: undefined, seq: 42 });
  });

  test.each([
    ['empty', ''],
    ['zero', '0'],
    ['a number with a leading zero', '042'],
    ['more than can be counted', '9999999999999999'],
    ['a log id alone', 'sb4k7m2xq9'],
    ['a log id without a number', 'sb4k7m2xq9-'],
    ['a log id with a letter that ours never have', 'sb4k7m2xqi-42'],
    ['a log id that is too short', 'sb4k7m2x-42'],
    ['an id with something after it', 'sb4k7m2xq9-42\n'],
    ['a UUID', '6f1ed002-ab5f-4a5e-9a0b-1b1b1b1b1b1b'],
  ])('are foreign where they are %s', (_, id) => {
    expect(parseId(id)).toBeUndefined();
  });

  test('of two new logs differ', () => {
    expect(newLogId()).not.toBe(newLogId());
  });
});
