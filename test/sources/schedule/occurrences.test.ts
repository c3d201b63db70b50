import { describe, expect, test } from 'vitest';
import {
  cronOccurrences,
  everyOccurrences,
  nextOccurrences,
  type Occurrences,
} from '../../../src/sources/schedule/occurrences.ts';
import { DAY_MS, differences, setDays, ZONES } from './oracle.ts';

const HOUR_MS = 3_600_000;

describe('a cron comes when a look at the clock once a minute says so', () => {
  test.each(ZONES)('around each change of the clock of %s from 2020 to 2040', (zone) => {
    const days = setDays(zone, Date.UTC(2020, 0), Date.UTC(2041, 0));
    const found = days.flatMap((day) =>
      differences(zone, day - 3 * HOUR_MS, day + DAY_MS + 3 * HOUR_MS),
    );
    expect(found).toEqual([]);
  });

  test.each(ZONES)('through a month that ends on the 29th of February, in %s', (zone) => {
    expect(differences(zone, Date.UTC(2028, 1), Date.UTC(2028, 2, 2))).toEqual([]);
  });
});

describe('a time that the clock skips', () => {
  const night = Date.parse('2026-03-28T23:00:00Z');

  test('comes once, as soon as the clock has passed it', () => {
    const berlin = cronOccurrences('0,15,30 2 * * *', 'Europe/Berlin');
    expect(shown(berlin, { after: night, count: 2 })).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:00:00.000Z',
    ]);
  });

  test('that is a whole day comes when the next one begins', () => {
    const samoa = cronOccurrences('0 9 30 12 *', 'Pacific/Apia');
    const after = Date.parse('2011-12-01T00:00:00Z');
    expect(shown(samoa, { after, count: 1 })).toEqual(['2011-12-30T10:00:00.000Z']);
  });

  test('is none of a cron of every hour', () => {
    const berlin = cronOccurrences('30 * * * *', 'Europe/Berlin');
    expect(shown(berlin, { after: night, count: 3 })).toEqual([
      '2026-03-28T23:30:00.000Z',
      '2026-03-29T00:30:00.000Z',
      '2026-03-29T01:30:00.000Z',
    ]);
  });
});

describe('a time that the clock shows twice', () => {
  const night = Date.parse('2026-10-25T00:00:00Z');

  test('comes the first time', () => {
    const berlin = cronOccurrences('30 2 * * *', 'Europe/Berlin');
    expect(shown(berlin, { after: night, count: 2 })).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  test('comes both times of a cron of every hour', () => {
    const berlin = cronOccurrences('30 * * * *', 'Europe/Berlin');
    expect(shown(berlin, { after: night, count: 2 })).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T01:30:00.000Z',
    ]);
  });
});

describe('a cron', () => {
  test.each([
    ['@daily', '2026-12-01T00:00:00.000Z', '2026-12-02T00:00:00.000Z'],
    ['*/20 * * * * *', '2026-11-30T12:00:20.000Z', '2026-11-30T12:00:40.000Z'],
    ['30 0 9 * JAN mon-fri', '2027-01-01T09:00:30.000Z', '2027-01-04T09:00:30.000Z'],
    ['0 0 L * *', '2026-12-31T00:00:00.000Z', '2027-01-31T00:00:00.000Z'],
    ['0 0 1 * FRI', '2026-12-01T00:00:00.000Z', '2026-12-04T00:00:00.000Z'],
  ])('%s comes at %s and then at %s', (cron, ...times) => {
    const after = Date.parse('2026-11-30T12:00:00.500Z');
    expect(shown(cronOccurrences(cron, 'UTC'), { after, count: 2 })).toEqual(times);
  });

  test('whose day no month has never comes', () => {
    const never = cronOccurrences('0 0 30 2 *', 'UTC');
    expect([never.after(0), never.upTo(Date.UTC(2026, 0))]).toEqual([undefined, undefined]);
    expect(nextOccurrences(never, { after: 0, count: 3 })).toEqual([]);
  });

  test('looks back to what comes at that instant, or came before', () => {
    const { upTo } = cronOccurrences('0 9 * * *', 'UTC');
    const nine = Date.UTC(2026, 0, 2, 9);
    expect([nine - 1, nine, nine + 1].map(upTo)).toEqual([nine - DAY_MS, nine, nine]);
  });
});

test('a span comes at its multiples since 1970, whenever the daemon began', () => {
  const every = everyOccurrences(10_000);
  expect([every.after(0), every.after(9_999), every.after(10_000)]).toEqual([
    10_000, 10_000, 20_000,
  ]);
  expect([every.upTo(9_999), every.upTo(10_000), every.upTo(10_001)]).toEqual([0, 10_000, 10_000]);
});

function shown(occurrences: Occurrences, range: { after: number; count: number }): string[] {
  return nextOccurrences(occurrences, range).map((instant) => new Date(instant).toISOString());
}
