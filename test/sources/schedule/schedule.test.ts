import { describe, expect, test } from 'vitest';
import { jitterOf } from '../../../src/sources/schedule/jitter.ts';
import { everyOccurrences } from '../../../src/sources/schedule/occurrences.ts';
import { CATCH_UPS } from '../../../src/sources/schedule/plan.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import { eventsOf, firedTimes, openStation, runsOf, type Station, untilRouted } from './station.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Sunday, half an hour past. */
const START = Date.UTC(2026, 10, 1, 0, 30);

const TELL = 'steps: [{ emit: told, data: { last: "{last_run}" } }]';
const HOURLY = scheduleOf('cron: "0 * * * *"');

describe('a schedule', () => {
  test('fires at its times, and tells each when the one before was', async () => {
    const station = await openStation(HOURLY, new SimulatedClock(START));
    await station.advance(30 * MINUTE - 1);
    expect(await firedTimes(station)).toEqual([]);
    for (let hour = 1; hour <= 3; hour++) await fireNext(station, hour);
    const fired = await eventsOf(station, 'schedule.fired');
    const times = ['01', '02', '03'].map((hour) => `2026-11-01T${hour}:00:00.000Z`);
    expect(fired).toEqual(
      times.map((time, index) => ({
        id: `hourly@${time}`,
        source: 'schedule:hourly',
        data: { scheduled_time: time, last_run: times[index - 1] ?? 'never' },
      })),
    );
  });

  test('starts its handler, whose templates know the last run', async () => {
    const station = await openStation(HOURLY, new SimulatedClock(START));
    for (let hour = 1; hour <= 2; hour++) {
      await fireNext(station, hour);
      await untilRouted(station);
    }
    const told = await eventsOf(station, 'told');
    expect(told.map(({ data }) => data)).toEqual([
      { last: 'never' },
      { last: '2026-11-01T01:00:00.000Z' },
    ]);
  });

  test('waits for what is 35 and 400 days away, looking at the clock each minute', async () => {
    const far = new Date(START + 400 * DAY);
    const cron = `30 0 ${far.getUTCDate()} ${far.getUTCMonth() + 1} *`;
    const station = await openStation(scheduleOf(`cron: "${cron}"`), new SimulatedClock(START));
    const { advance, untilTold } = station;
    await advance(35 * DAY - 1);
    expect(await firedTimes(station)).toEqual([]);
    await advance(1);
    await untilTold('schedule.fired', 1);
    await advance(365 * DAY - 1);
    expect(await firedTimes(station)).toEqual([START + 35 * DAY]);
    await advance(1);
    await untilTold('schedule.fired', 2);
    expect(await firedTimes(station)).toEqual([START + 35 * DAY, far.getTime()]);
  });

  test('begins at its first start, and anew where its times are others', async () => {
    const first = await run(HOURLY);
    const clock = new SimulatedClock(START + 10 * HOUR);
    const station = await openStation(scheduleOf('cron: "15 * * * *"'), clock, first);
    expect(await firedTimes(station)).toEqual([]);
    await station.advance(45 * MINUTE);
    await station.untilTold('schedule.fired', 1);
    expect(await firedTimes(station)).toEqual([START + 10 * HOUR + 45 * MINUTE]);
  });

  test('fires as late as its jitter says, which a restart does not draw anew', async () => {
    const yaml = scheduleOf('every: 10s\n    jitter: 8s\n    overlap: allow');
    const delayOf = jitterOf({
      occurrences: everyOccurrences(10_000),
      jitterMs: 8_000,
      name: 'hourly',
    });
    let station = await openStation(yaml, new SimulatedClock(START));
    for (let count = 1; count <= 5; count++) {
      const nominal = START + count * 10_000;
      const due = nominal + delayOf(nominal);
      await station.advance(due - 1 - station.clock.now());
      expect(await firedTimes(station)).toHaveLength(count - 1);
      if (count === 3) {
        await station.box.stop();
        station = await openStation(yaml, new SimulatedClock(due - 1), station);
      }
      await station.advance(1);
      await station.untilTold('schedule.fired', count);
      const fired = await station.records('schedule.fired');
      expect(fired.at(-1)?.received).toBe(due);
    }
  });
});

describe('500 occurrences that passed while no daemon ran', () => {
  const EXPECTED = {
    skip: { fired: 0, missed: [500] },
    last: { fired: 1, missed: [499] },
    all: { fired: 500, missed: [] },
  };

  test.each(CATCH_UPS)('follow catch_up: %s exactly', async (catchUp) => {
    const { fired: firedCount, missed } = EXPECTED[catchUp];
    const yaml = scheduleOf(`cron: "0 * * * *"\n    catch_up: ${catchUp}\n    overlap: queue`);
    const first = await run(yaml);
    const clock = new SimulatedClock(START + 500 * HOUR);
    const station = await openStation(yaml, clock, first);
    const fired = await firedTimes(station);
    const last = START + 500 * HOUR - 30 * MINUTE;
    expect(fired).toEqual(
      Array.from({ length: firedCount }, (_, index) => last - (firedCount - 1 - index) * HOUR),
    );
    expect(await missedCounts(station)).toEqual(missed);
    await station.untilTold('source.reconciled', 1);
    const [report] = await eventsOf(station, 'source.reconciled');
    const found = { recovered: firedCount, skipped: missed[0] ?? 0 };
    expect(report?.data['found']).toEqual([
      { source: 'schedule:hourly', ...found, what: 'occurrences of a schedule' },
    ]);
    // The next start finds nothing more.
    await station.box.stop();
    const again = await openStation(yaml, new SimulatedClock(START + 500 * HOUR), station);
    expect(await firedTimes(again)).toEqual(fired);
    expect(await missedCounts(again)).toEqual(missed);
  });

  test('that is caught up with says how many were passed over', async () => {
    const first = await run(HOURLY);
    const station = await openStation(HOURLY, new SimulatedClock(START + 3 * HOUR), first);
    const [fired] = await eventsOf(station, 'schedule.fired');
    expect(fired?.data).toEqual({
      scheduled_time: '2026-11-01T03:00:00.000Z',
      last_run: 'never',
      missed: 2,
    });
    const [missed] = await eventsOf(station, 'schedule.missed');
    expect(missed?.data).toEqual({
      count: 2,
      catch_up: 'last',
      times: ['2026-11-01T01:00:00.000Z', '2026-11-01T02:00:00.000Z'],
    });
    // What was passed over starts no handler.
    await untilRouted(station);
    expect(await runsOf(station.box, 'hourly')).toHaveLength(1);
  });
});

describe('where the clock on the wall is set', () => {
  test('forward, occurrences follow the policy; back, none fires again', async () => {
    const station = await openStation(HOURLY, new SimulatedClock(START));
    const { clock, advance, untilTold } = station;
    await untilRouted(station);
    clock.step(5 * HOUR);
    await advance(MINUTE);
    await untilTold('schedule.fired', 1);
    expect(await firedTimes(station)).toEqual([START + 4 * HOUR + 30 * MINUTE]);
    await untilRouted(station);
    clock.step(-5 * HOUR);
    await advance(4 * HOUR);
    expect(await firedTimes(station)).toHaveLength(1);
    await advance(HOUR + 30 * MINUTE);
    await untilTold('schedule.fired', 2);
    expect(await firedTimes(station)).toEqual([5, 6].map((n) => START + n * HOUR - 30 * MINUTE));
  });

  test('and the daemon restarted each time, every occurrence fires once', async () => {
    const yaml = scheduleOf('cron: "*/20 * * * *"\n    catch_up: all');
    const slot = 20 * MINUTE;
    const begin = Math.floor(START / slot);
    let station: Station | undefined;
    let now = START;
    let reached = START;
    for (const minutes of [40, -90, 24 * 60, -30 * 24 * 60, 30, 30 * 24 * 60, 25]) {
      await station?.box.stop();
      station = await openStation(yaml, new SimulatedClock(now), station);
      await untilRouted(station);
      station.clock.step(minutes * MINUTE);
      await station.advance(MINUTE);
      reached = Math.max(reached, station.clock.now());
      const due = Math.floor(reached / slot) - begin;
      await station.untilTold('schedule.fired', due, 1_000);
      now = station.clock.now();
      expect(await firedTimes(station)).toEqual(
        Array.from({ length: due }, (_, index) => (begin + 1 + index) * slot),
      );
    }
  });
});

describe('overlap', () => {
  const SLEEP = 'steps: [{ sleep: 90m }]';

  test.each([
    ['skip', ['waiting']],
    ['allow', ['waiting', 'waiting']],
    ['queue', ['queued', 'waiting']],
    ['replace', ['waiting', 'cancelled']],
  ])('%s leaves the runs of two occurrences as %j', async (overlap, states) => {
    const yaml = scheduleOf(`cron: "0 * * * *"\n    overlap: ${overlap}`, SLEEP);
    const station = await openStation(yaml, new SimulatedClock(START));
    for (let hour = 1; hour <= 2; hour++) await fireNext(station, hour);
    await untilRouted(station);
    const runs = await runsOf(station.box, 'hourly');
    expect(runs.map(({ state }) => state)).toEqual(states);
    const dropped = await eventsOf(station, 'event.dropped');
    expect(dropped.map(({ data }) => data['flow'])).toEqual(overlap === 'skip' ? ['hourly'] : []);
  });

  test('leaves alone what others start', async () => {
    const station = await openStation(
      scheduleOf('cron: "0 * * * *"', SLEEP),
      new SimulatedClock(START),
    );
    await fireNext(station, 1);
    await station.box.trigger({ flow: 'hourly', data: '{}', by: 'test' });
    await untilRouted(station);
    expect(await runsOf(station.box, 'hourly')).toHaveLength(2);
  });
});

/** Goes on to the next hour and waits until that has fired. */
async function fireNext({ clock, advance, untilTold }: Station, count: number): Promise<void> {
  await advance(HOUR - (clock.now() % HOUR));
  await untilTold('schedule.fired', count);
}

async function missedCounts(station: Station): Promise<unknown[]> {
  const missed = await eventsOf(station, 'schedule.missed');
  return missed.map(({ data }) => data['count']);
}

/** A daemon that runs at `START`, and stops. */
async function run(yaml: string): Promise<Station> {
  const station = await openStation(yaml, new SimulatedClock(START));
  await station.box.stop();
  return station;
}

function scheduleOf(times: string, flow = TELL): string {
  return `sources:
  - type: schedule
    ${times}
    handler: hourly
handlers:
  hourly: { ${flow} }
`;
}
