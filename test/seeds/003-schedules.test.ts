import { describe, expect, test } from 'vitest';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { eventsOf, firedTimes, openStation } from '../sources/schedule/station.ts';

/** The schedules of the document, and a handler for each. */
const YAML = `
sources:
  - { type: schedule, cron: "0 9 * * MON", handler: weekly-summary }     # Every Monday at 9am
  - { type: schedule, cron: "0 */4 * * *", handler: health-check }       # Every 4 hours
handlers:
  weekly-summary: { emit: summarised, data: { since: "{last_run}" } }
  health-check: { emit: checked }
`;

const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;
/** A Monday. */
const MIDNIGHT = Date.parse('2026-11-02T00:00:00Z');

describe('Schedules (cron syntax)', () => {
  test('Scheduled events fire at correct times.', async () => {
    const station = await openStation(YAML, new SimulatedClock(MIDNIGHT));
    for (const hour of [4, 8, 9, 12, 16]) {
      await station.advance(MIDNIGHT + hour * HOUR - station.clock.now());
      const due = [4, 8, 9, 12, 16].filter((each) => each <= hour).length;
      await station.untilTold('schedule.fired', due);
    }
    const times = await firedTimes(station);
    expect(times).toEqual([4, 8, 9, 12, 16].map((hour) => MIDNIGHT + hour * HOUR));
    const fired = await eventsOf(station, 'schedule.fired');
    expect(fired.map(({ source }) => source)).toEqual([
      'schedule:health-check',
      'schedule:health-check',
      'schedule:weekly-summary',
      'schedule:health-check',
      'schedule:health-check',
    ]);
  });

  test('Remember last run times for schedules.', async () => {
    const first = await openStation(YAML, new SimulatedClock(MIDNIGHT));
    await first.advance(9 * HOUR);
    await first.untilTold('summarised', 1);
    await first.box.stop();

    const clock = new SimulatedClock(MIDNIGHT + WEEK + 9 * HOUR + 1);
    const second = await openStation(YAML, clock, first);
    await second.untilTold('summarised', 2);
    const told = await eventsOf(second, 'summarised');
    expect(told.map(({ data }) => data['since'])).toEqual(['never', '2026-11-02T09:00:00.000Z']);
  });
});
