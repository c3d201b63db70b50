import { describe, expect, test } from 'vitest';
import { cronProblem } from '../../../src/sources/schedule/cron.ts';

describe('a cron that can be read', () => {
  test.each([
    '0 9 * * MON',
    '  0   9 * * mon-fri ',
    '*/10 * * * * *',
    '0 0 1 JAN,jul *',
    '0 0 L * *',
    '0 0 * * FRI#2',
    '0 0 * * 7',
    '0 0 ? * MON',
    '@daily',
    '@Hourly',
  ])('%s', (cron) => {
    expect(cronProblem(cron)).toBeUndefined();
  });
});

describe('a cron that cannot be read is told its field and its remedy', () => {
  const forms = 'or "*", "1-5", "*/2", "1,15"';
  const fields = 'a cron has 5 (minute, hour, day of the month, month, weekday)';

  test.each([
    [
      '0 9 * * MOON',
      `the weekday "MOON" cannot be read, did you mean "MON"?; write 0-7 or SUN-SAT, ${forms}`,
    ],
    [
      '0 9 * * monday-fri',
      `the weekday "monday-fri" cannot be read, did you mean "MON"?; write 0-7 or SUN-SAT, ` +
        forms,
    ],
    [
      '0 9 1 JAM *',
      `the month "JAM" cannot be read, did you mean "JAN"?; write 1-12 or JAN-DEC, ${forms}`,
    ],
    ['0 9 * * XY', `the weekday "XY" cannot be read; write 0-7 or SUN-SAT, ${forms}`],
    ['60 9 * * *', `the minute "60" cannot be read; write 0-59, ${forms}`],
    ['0 9-8 * * *', `the hour "9-8" cannot be read; write 0-23, ${forms}`],
    ['61 0 9 * * *', `the second "61" cannot be read; write 0-59, ${forms}`],
    ['0 9 32 * *', `the day of the month "32" cannot be read; write 1-31 or L, ${forms}`],
    ['0 9 * *', `has 4 fields; ${fields}, or 6 with the second before them`],
    ['2026-12-01T09:00', `has 1 field; ${fields}, or 6 with the second before them`],
    ['0 0 9 * * MON 2027', `has 7 fields; ${fields}, or 6 with the second before them`],
    ['@weekli', '"@weekli" is no name of a cron; did you mean "@weekly"?'],
    [
      '@reboot',
      '"@reboot" is no name of a cron; there are @yearly, @annually, @monthly, @weekly, @daily, ' +
        '@midnight, @hourly',
    ],
    ['0 0 30 2 *', '"0 0 30 2 *" never comes: no month that it names has such a day'],
    ['1'.repeat(300), 'a cron has at most 256 characters'],
  ])('%s', (cron, problem) => {
    expect(cronProblem(cron)).toBe(problem);
  });
});
