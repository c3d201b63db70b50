import { describe, expect, test } from 'vitest';
import { sleepShape, sleepStep } from '../../src/steps/sleep.ts';
import { contextOf, written } from '../fixtures/step-context.ts';

const NOW = Date.parse('2026-11-20T09:00:00.000Z');

describe('a sleep step as it is written', () => {
  test('has a duration or a date', () => {
    expect(written(sleepShape, { sleep: '10m' })).toEqual({ sleep: { for: '10m' } });
    expect(written(sleepShape, { sleep: '{payload.wait}' })).toEqual({
      sleep: { for: '{payload.wait}' },
    });
    const until = { sleep: { until: '2026-12-01T09:00', timezone: 'Europe/Berlin' } };
    expect(written(sleepShape, until)).toEqual(until);
    const filled = { sleep: { until: '{payload.date}', timezone: 'Nowhere/Yet' } };
    expect(written(sleepShape, filled)).toEqual(filled);
  });

  test.each([
    [{ sleep: 10 }, 'sleep: "10" is no duration; write one such as 10m or 1h30m'],
    [{ sleep: 'soon' }, 'sleep: "soon" is no duration; write one such as 10m or 1h30m'],
    [{ sleep: '-1s' }, 'sleep: "-1s" is no duration; write one such as 10m or 1h30m'],
    [{ sleep: '4000d' }, 'sleep: "4000d" is more than ten years'],
    [
      { sleep: { until: 'tomorrow' } },
      'sleep: "tomorrow" is no date; write one such as 2026-12-01T09:00Z',
    ],
    [
      { sleep: { until: '2026-12-01T09:00' } },
      'sleep: "2026-12-01T09:00" does not say whose clock is meant; ' +
        'add "timezone", or end it with Z',
    ],
    [
      { sleep: { until: '2026-12-01T09:00Z', timezone: 'UTC' } },
      'sleep: "2026-12-01T09:00Z" has an offset already; remove "timezone"',
    ],
    [
      { sleep: { until: '2026-12-01T09:00', timezone: 'Berlin' } },
      'sleep: "Berlin" is no time zone; write one such as Europe/Berlin',
    ],
    [
      { sleep: { until: 'business_hours' } },
      'sleep: "business_hours" does not say whose clock is meant; add "timezone"',
    ],
    [
      { sleep: { until: 'business_hours', timezone: 'UTC', hours: '9-17' } },
      'sleep: "9-17" are no hours; write some such as 09:00-17:00',
    ],
    [
      { sleep: { until: 'business_hours', timezone: 'UTC', days: 'weekdays' } },
      'sleep: "weekdays" are no days; write some such as mon-fri, or mon, wed',
    ],
    [
      { sleep: { until: '2026-12-01T09:00Z', hours: '09:00-17:00' } },
      'sleep: "hours" and "days" say when people work; write "until: business_hours" with them',
    ],
    [{ sleep: '1s', until: 'x' }, ': Unrecognized key: "until"'],
  ])('is refused as %j', (step, message) => {
    expect(written(sleepShape, step)).toEqual([message]);
  });
});

describe('a sleep step', () => {
  test.each([
    [{ for: '10m' }, NOW + 600_000],
    [{ for: '30d' }, NOW + 30 * 86_400_000],
    [{ until: '2026-11-20T09:00:00.001Z' }, NOW + 1],
    [
      { until: '2026-12-01T09:00', timezone: 'Europe/Berlin' },
      Date.parse('2026-12-01T08:00:00.000Z'),
    ],
    [
      { until: 'business_hours', timezone: 'America/New_York' },
      Date.parse('2026-11-20T14:00:00.000Z'),
    ],
    [
      { until: 'business_hours', timezone: 'UTC', hours: '06:00-08:00', days: 'sat' },
      Date.parse('2026-11-21T06:00:00.000Z'),
    ],
  ])('of %j waits by engine time', async (sleep, until) => {
    const result = await sleepStep().execute(contextOf({ sleep }));
    expect(result).toEqual({ kind: 'wait', until });
  });

  test.each([{ for: '0s' }, { until: '2026-11-20T09:00Z' }, { until: '2001-01-01T00:00Z' }])(
    'of %j is over at once',
    async (sleep) => {
      const result = await sleepStep().execute(contextOf({ sleep }));
      expect(result).toEqual({ kind: 'done', output: null });
    },
  );

  test.each([
    [{ for: 'soon' }, '"soon" is no duration'],
    [{ for: { a: 1 } }, 'is no text'],
    [{ until: '2026-13-01T00:00Z' }, 'is no date'],
    [{ until: 7 }, 'is no text'],
    [{ for: '\u001b[2Jx'.repeat(100) }, String.raw`"\u001b[2J`],
  ])('fails for good where a template made %j', async (sleep, message) => {
    const result = await sleepStep().execute(contextOf({ sleep }));
    expect(result).toMatchObject({
      kind: 'fail',
      error: { code: 'step.input_invalid', happened: 'no' },
    });
    expect(result).toHaveProperty('error.message', expect.stringContaining(message));
  });
});
