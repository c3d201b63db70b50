import { describe, expect, test } from 'vitest';
import { type Clock, delay, SystemClock, TIMER_DELAY_MS_MAX } from '../../src/std/clock.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';

describe('the system clock', () => {
  const clock = new SystemClock();

  test('tells the wall clock’s time and a time that never goes back', () => {
    const [before, wall, after] = [Date.now(), clock.now(), Date.now()];
    expect(wall).toBeGreaterThanOrEqual(before);
    expect(wall).toBeLessThanOrEqual(after);
    expect(clock.monotonic()).toBeLessThanOrEqual(clock.monotonic());
  });

  test('runs a task once its delay is over, even one that has passed already', async () => {
    const started = clock.monotonic();
    await new Promise<void>((resolve) => clock.schedule(5, resolve));
    expect(clock.monotonic() - started).toBeGreaterThanOrEqual(4);
    await new Promise<void>((resolve) => clock.schedule(-1_000, resolve));
  });

  test('runs no task that was cancelled, and a timer may be cancelled twice', async () => {
    let ran = false;
    const timer = clock.schedule(0, () => (ran = true));
    timer.cancel();
    timer.cancel();
    await new Promise<void>((resolve) => clock.schedule(5, resolve));
    expect(ran).toBe(false);
  });
});

describe('the simulated clock', () => {
  test('stands still until it is told to move, and moves both of its times', () => {
    const clock = new SimulatedClock(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
    clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
  });

  test('runs what falls due in the order of time, then of setting, each at its own time', () => {
    const clock = new SimulatedClock();
    const ran: string[] = [];
    const log = (name: string) => () => ran.push(`${name} at ${clock.monotonic()}`);
    clock.schedule(20, log('late'));
    clock.schedule(10, log('first'));
    clock.schedule(10, log('second'));
    clock.schedule(-5, log('overdue'));
    clock.schedule(21, log('beyond'));
    clock.advance(20);
    expect(ran).toEqual(['overdue at 0', 'first at 10', 'second at 10', 'late at 20']);
  });

  test('runs what a task sets on its way, if it falls due on the way', () => {
    const clock = new SimulatedClock();
    const ran: number[] = [];
    clock.schedule(10, () => clock.schedule(10, () => ran.push(clock.monotonic())));
    clock.advance(20);
    expect(ran).toEqual([20]);
  });

  test('runs no task that was cancelled', () => {
    const clock = new SimulatedClock();
    const timer = clock.schedule(10, () => expect.unreachable());
    timer.cancel();
    timer.cancel();
    clock.advance(10);
    expect(clock.untilNext()).toBeUndefined();
  });

  test('steps the wall clock alone', () => {
    const clock = new SimulatedClock(1_000);
    clock.step(-600);
    expect([clock.now(), clock.monotonic()]).toEqual([400, 0]);
  });

  test('says how long it is until the next timer', () => {
    const clock = new SimulatedClock();
    clock.schedule(30, () => {});
    clock.schedule(20, () => {});
    clock.advance(5);
    expect(clock.untilNext()).toBe(15);
  });

  test('cuts a delay to one hour, as the system clock does', () => {
    const clock = new SimulatedClock();
    clock.schedule(30 * 24 * TIMER_DELAY_MS_MAX, () => {});
    expect(clock.untilNext()).toBe(TIMER_DELAY_MS_MAX);
  });
});

describe('a delay', () => {
  test('ends when its time has come', async () => {
    const clock = new SimulatedClock();
    const waiting = delay(clock, 100);
    clock.advance(100);
    await expect(waiting).resolves.toBeUndefined();
  });

  test('ends at once when it is aborted, and leaves no timer behind', async () => {
    const clock = new SimulatedClock();
    const controller = new AbortController();
    const waiting = delay(clock, 100, controller.signal);
    controller.abort();
    await waiting;
    expect(clock.untilNext()).toBeUndefined();
  });

  test('does not begin where it was aborted before', async () => {
    const clock = new SimulatedClock();
    await delay(clock, 100, AbortSignal.abort());
    expect(clock.untilNext()).toBeUndefined();
  });

  test('lets go of the signal when it ends', async () => {
    const clock: Clock = new SystemClock();
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof add>) => (
      listeners--,
      remove(...args)
    );
    await delay(clock, 1, signal);
    expect(listeners).toBe(0);
  });
});
