import type { Signalbox } from '../../../src/signalbox.ts';
import type { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import type { RunRow } from '../../../src/store/contract.ts';
import { until } from '../../fixtures/until.ts';
import { type Harness, openHarness } from '../harness.ts';

/** A real engine on a clock that a test moves. */
export interface Station extends Harness {
  readonly clock: SimulatedClock;
  /**
   * Lets time pass as soon as all that was told is routed: what waits for the router while hours
   * pass would count as a queue that stands still, and keep further events out.
   */
  readonly advance: (ms: number) => Promise<void>;
  /**
   * Resolves when so many events of a type are in its log. The clock may go on meanwhile, for who
   * waits for room in the log.
   */
  readonly untilTold: (type: string, count: number, tickMs?: number) => Promise<void>;
}

/** An event of a schedule as a test looks at it. */
export interface Told {
  readonly id: string | null;
  readonly source: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Opens an engine, on the log of an earlier one where that is given. */
export async function openStation(
  yaml: string,
  clock: SimulatedClock,
  earlier?: Harness,
): Promise<Station> {
  const directory = earlier?.directory;
  const harness = await openHarness({ yaml, clock, ...(directory && { directory }) });
  const untilTold = await counterOf(harness, clock);
  const advance = async (ms: number): Promise<void> => {
    await untilRouted(harness);
    clock.advance(ms);
  };
  return { ...harness, clock, advance, untilTold };
}

/** Resolves when all that was told is routed, and no step is under way. */
export async function untilRouted({ box }: Harness): Promise<void> {
  await until(() => box.status().lag === 0 && box.status().running === 0);
}

/** Counts what is in the log, and what comes. */
async function counterOf(harness: Harness, clock: SimulatedClock): Promise<Station['untilTold']> {
  const counts = new Map<string, number>();
  const count = ({ type }: { readonly type: string }): void => {
    counts.set(type, (counts.get(type) ?? 0) + 1);
  };
  const { store } = harness.box;
  const head = store.head();
  store.onCommitted((records) => records.filter(({ seq }) => seq > head).forEach(count));
  const records = await harness.records('*');
  records.filter(({ seq }) => seq <= head).forEach(count);
  return (type, wanted, tickMs = 0) =>
    until(() => {
      // A timer that was set after the clock had gone on is due now.
      clock.advance(tickMs);
      return (counts.get(type) ?? 0) >= wanted;
    });
}

/** The events of a type in the log, in its order. */
export async function eventsOf(station: Harness, type: string): Promise<Told[]> {
  const records = await station.records(type);
  return records.map(({ id, source, data }) => {
    return { id, source, data: JSON.parse(data) as Told['data'] };
  });
}

/** The nominal times that fired, in the log's order. */
export async function firedTimes(station: Harness): Promise<number[]> {
  const fired = await eventsOf(station, 'schedule.fired');
  return fired.map(({ data }) => Date.parse(String(data['scheduled_time'])));
}

/** The runs of a flow, the newest first. */
export function runsOf(box: Signalbox, flow: string): Promise<RunRow[]> {
  return box.store.runs({ flow, limit: 1_000 });
}
