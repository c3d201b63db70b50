import { describe, expect, test } from 'vitest';
import { nextInAge, olderFirst } from '../../../src/sources/tail/rotation.ts';

describe('the files into which a log was rotated', () => {
  const names = [
    'event.log',
    'event.log.10',
    'event.log.2',
    'event.log.1',
    'event.log.3.gz',
    'event.log-20260102',
    'event.log-20260101',
    'event.log.bak',
    'event.logger',
    'other.log.1',
  ];

  test('are known by their names, the oldest first', () => {
    expect(olderFirst(names, 'event.log')).toEqual([
      'event.log.bak',
      'event.log-20260101',
      'event.log-20260102',
      'event.log.10',
      'event.log.2',
      'event.log.1',
    ]);
  });

  test.each([
    ['event.log.10', 'event.log.2'],
    ['event.log.1', undefined],
    ['event.log-20260101', 'event.log-20260102'],
    ['event.log-20260102', undefined],
    ['event.log.bak', undefined],
  ])('%s is followed by %s', (name, next) => {
    expect(nextInAge(names, name, 'event.log')).toBe(next);
  });
});
