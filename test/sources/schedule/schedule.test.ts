import { describe, expect, test } from 'vitest';
import { CATCH_UPS } from '../../../src/sources/schedule/plan.ts';
import type { Signalbox } from '../../../src/signalbox.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import { until } from '../../fixtures/until.ts';
import { eventsOf, firedTimes, makeStation, runsOf, type Station } from './station.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Sunday, half an hour past. */
const START = Date.UTC(2026, 10, 1, 0, 30);

const HOURLY = scheduleOf('cron: "0 * * * *"');

describe('a schedule', () => {
  test('fires at its times, and tells each when the one before was', async () => {
    const clock = new SimulatedClock(START);
    const { box, untilTold } = await (await makeStation()).open(HOURLY, clock);
    clock.advance(30 * MINUTE - 1);
    expect(await firedTimes(box)).toEqual([]);
    for (let hour = 1; hour <= 3; hour++)
      await fireNext(clock, () => untilTold('schedule.fired', hour));
    const fired = await eventsOf(box, 'schedule.fired');
    expect(fired.map(({ data }) => data)).toEqual([
      { scheduled_time: '2026-11-01T01:00:00.000Z', last_run: 'never' },
      { scheduled_time: '2026-11-01T02:00:00.000Z', last_run: '2026-11-01T01:00:00.000Z' },
      { scheduled_time: '2026-11-01T03:00:00.000Z', last_run: '2026-11-01T02:00:00.000Z' },
    ]);
    expect(fired.map(({ id }) => id)).toEqual([
      'hourly@2026-11-01T01:00:00.000Z',
      'hourly@2026-11-01T02:00:00.000Z',
      'hourly@2026-11-01T03:00:00.000Z',
    ]);
    expect(fired.map(({ source }) => source)).toEqual(Array(3).fill('schedule:hourly'));
  });

  test('starts its handler, whose templates know the last run', async () => {
    const clock = new SimulatedClock(START);
    const { box, untilTold } = await (await makeStation()).open(HOURLY, clock);
    for (let hour = 1; hour <= 2; hour++) {
      await fireNext(clock, () => untilTold('schedule.fired', hour));
      await until(() => box.status().lag === 0 && box.status().running === 0);
    }
    const told = await eventsOf(box, 'told');
    expect(told.map(({ data }) => data)).toEqual([
      { last: 'never' },
      { last: '2026-11-01T01:00:00.000Z' },
    ]);
  });

  test('waits for what is 400 days away, through half a million looks at the clock', async () => {
    const clock = new SimulatedClock(START);
    const far = new Date(START + 400 * DAY);
    const cron = `${far.getUTCMinutes()} 0 ${far.getUTCDate()} ${far.getUTCMonth() + 1} *`;
    const first = START + 35 * DAY;
    const { box, untilTold } = await (
      await makeStation()
    ).open(scheduleOf(`cron: "${cron}"`), clock);
    // It comes every year, so the first is 35 days away and the second 400.
    clock.advance(35 * DAY - 1);
    expect(await firedTimes(box)).toEqual([]);
    clock.advance(1);
    await untilTold('schedule.fired', 1);
    clock.advance(365 * DAY - 1);
    expect(await firedTimes(box)).toEqual([first]);
    clock.advance(1);
    await untilTold('schedule.fired', 2);
    expect(await firedTimes(box)).toEqual([first, far.getTime()]);
  });

  test('begins at its first start, and anew where its times are others', async () => {
    const station = await makeStation();
    await run(station, HOURLY);
    const later = new SimulatedClock(START + 10 * HOUR);
    const { box, untilTold } = await station.open(scheduleOf('cron: "15 * * * *"'), later);
    expect(await firedTimes(box)).toEqual([]);
    later.advance(45 * MINUTE);
    await untilTold('schedule.fired', 1);
    expect(await firedTimes(box)).toEqual([START + 10 * HOUR + 45 * MINUTE]);
  });
});

describe('500 occurrences that passed while no daemon ran', () => {
  const EXPECTED = {
    skip: { fired: 0, missed: 500 },
    last: { fired: 1, missed: 499 },
    all: { fired: 500, missed: 0 },
  };

  test.each(CATCH_UPS)('follow catch_up: %s exactly', async (catchUp) => {
    const text = scheduleOf(`cron: "0 * * * *"\n    catch_up: ${catchUp}\n    overlap: queue`);
    const station = await makeStation();
    await run(station, text);
    const { box, untilTold } = await station.open(text, new SimulatedClock(START + 500 * HOUR));
    const fired = await firedTimes(box);
    expect(fired).toHaveLength(EXPECTED[catchUp].fired);
    expect(fired).toEqual(
      Array.from(
        { length: fired.length },
        (_, index) => START + 500 * HOUR - 30 * MINUTE - (fired.length - 1 - index) * HOUR,
      ),
    );
    const missed = await eventsOf(box, 'schedule.missed');
    const counts = missed.map(({ data }) => data['count']);
    expect(counts).toEqual(EXPECTED[catchUp].missed === 0 ? [] : [EXPECTED[catchUp].missed]);
    await untilTold('source.reconciled', 1);
    const [report] = await eventsOf(box, 'source.reconciled');
    const found = {
      source: 'schedule:hourly',
      recovered: EXPECTED[catchUp].fired,
      skipped: EXPECTED[catchUp].missed,
      what: 'occurrences of a schedule',
    };
    expect(report?.data['found']).toEqual([found]);
    // The next start finds nothing more.
    await box.stop();
    const { box: again } = await station.open(text, new SimulatedClock(START + 500 * HOUR));
    expect(await firedTimes(again)).toEqual(fired);
    expect(await eventsOf(again, 'schedule.missed')).toHaveLength(missed.length);
  });

  test('that is caught up with says how many were passed over', async () => {
    const station = await makeStation();
    await run(station, HOURLY);
    const { box } = await station.open(HOURLY, new SimulatedClock(START + 3 * HOUR));
    const [fired] = await eventsOf(box, 'schedule.fired');
    expect(fired?.data).toEqual({
      scheduled_time: '2026-11-01T03:00:00.000Z',
      last_run: 'never',
      missed: 2,
    });
    const [missed] = await eventsOf(box, 'schedule.missed');
    expect(missed?.data).toEqual({
      count: 2,
      catch_up: 'last',
      times: ['2026-11-01T01:00:00.000Z', '2026-11-01T02:00:00.000Z'],
    });
    // What was passed over starts no handler.
    await until(() => box.status().lag === 0);
    expect(await runsOf(box, 'hourly')).toHaveLength(1);
  });
});

describe('where the clock on the wall is set', () => {
  test('forward, occurrences follow the policy; back, none fires again', async () => {
    const clock = new SimulatedClock(START);
    const { box, untilTold } = await (await makeStation()).open(HOURLY, clock);
    clock.step(5 * HOUR);
    clock.advance(MINUTE);
    await untilTold('schedule.fired', 1);
    expect(await firedTimes(box)).toEqual([START + 4 * HOUR + 30 * MINUTE]);
    clock.step(-5 * HOUR);
    clock.advance(4 * HOUR);
    expect(await firedTimes(box)).toHaveLength(1);
    clock.advance(HOUR + 30 * MINUTE);
    await untilTold('schedule.fired', 2);
    expect(await firedTimes(box)).toEqual([5, 6].map((n) => START + n * HOUR - 30 * MINUTE));
  });

  test('back by 30 days and over restarts, each occurrence fires once', async () => {
    const station = await makeStation();
    const text = scheduleOf('cron: "*/20 * * * *"\n    catch_up: all');
    let now = START;
    let steps = 0;
    let reached = START;
    for (const step of [40, -90, 3 * 24 * 60, -30 * 24 * 60, 30, 30 * 24 * 60, 25]) {
      const clock = new SimulatedClock(now);
      const { box, untilTold } = await station.open(text, clock);
      clock.step(step * MINUTE);
      clock.advance(MINUTE);
      now = clock.now();
      reached = Math.max(reached, now);
      steps += 1;
      const due = Math.floor(reached / (20 * MINUTE)) - Math.floor(START / (20 * MINUTE));
      await untilTold('schedule.fired', due);
      const fired = await firedTimes(box);
      expect(fired).toEqual(
        Array.from(
          { length: due },
          (_, index) => (Math.floor(START / (20 * MINUTE)) + 1 + index) * 20 * MINUTE,
        ),
      );
      await box.stop();
    }
    expect(steps).toBe(7);
  });
});

describe('overlap', () => {
  const flow = 'steps: [{ sleep: 90m }]';

  test('skip starts no run while one is open, and says so', async () => {
    const { box, states } = await overlapping('skip');
    expect(states).toEqual(['waiting']);
    const [dropped] = await eventsOf(box, 'event.dropped');
    expect(dropped?.data['flow']).toBe('hourly');
  });

  test('allow starts them beside one another', async () => {
    expect((await overlapping('allow')).states).toEqual(['waiting', 'waiting']);
  });

  test('queue has the second wait for the end of the first', async () => {
    expect((await overlapping('queue')).states).toEqual(['queued', 'waiting']);
  });

  test('replace cancels the first', async () => {
    expect((await overlapping('replace')).states).toEqual(['waiting', 'cancelled']);
  });

  test('leaves alone what others start', async () => {
    const clock = new SimulatedClock(START);
    const { box, untilTold } = await (
      await makeStation()
    ).open(scheduleOf('cron: "0 * * * *"', flow), clock);
    await fireNext(clock, () => untilTold('schedule.fired', 1));
    await box.trigger({ flow: 'hourly', data: '{}', by: 'test' });
    await until(() => box.status().lag === 0);
    expect(await runsOf(box, 'hourly')).toHaveLength(2);
  });

  async function overlapping(overlap: string): Promise<{ box: Signalbox; states: string[] }> {
    const clock = new SimulatedClock(START);
    const text = scheduleOf(`cron: "0 * * * *"\n    overlap: ${overlap}`, flow);
    const { box, untilTold } = await (await makeStation()).open(text, clock);
    await fireNext(clock, () => untilTold('schedule.fired', 1));
    await fireNext(clock, () => untilTold('schedule.fired', 2));
    await until(() => box.status().lag === 0 && box.status().running === 0);
    return { box, states: (await runsOf(box, 'hourly')).map(({ state }) => state) };
  }
});

/** Goes on to the next hour and waits until that has fired. */
async function fireNext(clock: SimulatedClock, fired: () => Promise<void>): Promise<void> {
  clock.advance(HOUR - (clock.now() % HOUR));
  await fired();
}

/** A daemon that runs at `START`, and stops. */
async function run(station: Station, text: string): Promise<void> {
  const { box } = await station.open(text, new SimulatedClock(START));
  await box.stop();
}

function scheduleOf(times: string, flow = 'steps: [{ emit: told, data: { last: "{last_run}" } }]') {
  return `sources:
  - type: schedule
    ${times}
    handler: hourly
handlers:
  hourly: { ${flow} }
`;
}
