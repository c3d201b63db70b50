import { expect, test } from 'vitest';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { readSchedules } from '../../src/views/schedule-view.ts';
import { openStation, type Station } from '../sources/schedule/station.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 9, 24, 20);

const YAML = `
sources:
  - { type: schedule, cron: "30 2 * * *", timezone: Europe/Berlin, handler: night }
  - { type: schedule, name: often, every: 10m, catch_up: skip }
handlers:
  night: { emit: done }
`;

test('schedules are shown with what comes, what came last and what was missed', async () => {
  const first = await openStation(YAML, new SimulatedClock(START));
  expect(await view(first, 2)).toEqual([
    {
      name: 'schedule:night',
      cron: '30 2 * * *',
      timezone: 'Europe/Berlin',
      handlers: ['night'],
      // The hour that is shown twice counts once.
      next: ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
      last: null,
      missed: [],
      missed_count: 0,
    },
    {
      name: 'schedule:often',
      every_ms: 600_000,
      timezone: 'UTC',
      handlers: [],
      next: ['2026-10-24T20:10:00.000Z', '2026-10-24T20:20:00.000Z'],
      last: null,
      missed: [],
      missed_count: 0,
    },
  ]);

  await first.box.stop();
  const later = await openStation(YAML, new SimulatedClock(START + 24 * HOUR), first);
  const [night, often] = await view(later, 1);
  expect(night).toMatchObject({ last: '2026-10-25T00:30:00.000Z', missed: [] });
  expect(often).toMatchObject({ last: null, missed_count: 144 });
  expect(often?.missed).toHaveLength(100);
  expect(often?.missed.at(-1)).toBe('2026-10-25T20:00:00.000Z');
});

test('what the clock was set back to is not told to come again', async () => {
  const station = await openStation(YAML, new SimulatedClock(START));
  await station.advance(10 * 60_000);
  await station.untilTold('schedule.fired', 1);
  station.clock.step(-5 * HOUR);
  const [, often] = await view(station, 1);
  expect(often?.next).toEqual(['2026-10-24T20:20:00.000Z']);
});

function view({ box, clock }: Station, count: number): ReturnType<typeof readSchedules> {
  return readSchedules(box, { now: clock.now(), count });
}
