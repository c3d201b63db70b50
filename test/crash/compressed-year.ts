import { expect } from 'vitest';
import type { CuttableQuery, StorageCare, Trim } from '../../src/store/care.ts';
import type { Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { DAY_MS, expectSound, retentionOf } from '../routing/retention/tended.ts';
import { catalogOf, listens, Station } from '../routing/station.ts';

const DAYS = 365;
const KEPT_DAYS = 90;
/** Events that come in one commit, of a log that takes a hundred a second. */
const COMMIT = 20;
/** One event in so many starts a run. */
const ANSWERED = 50;
const DATA = { repository: 'api', ref: 'refs/heads/main', files: ['src/a.ts', 'src/b.ts'] };
const PER_SECOND = 100;

/** What a year took up, at the scale that it was measured. */
export interface YearReport {
  readonly events: number;
  readonly bytesPerEvent: number;
  readonly budget: number;
  readonly usedMost: number;
  readonly overBudgetDays: number;
  /** The longest that the writer was held by one step, in milliseconds. */
  readonly heldMs: number;
  /** What 90 days at a hundred events a second take up by this, in GiB. */
  readonly ninetyDaysGiB: number;
}

/** A year of events under a clock that runs ahead, each day with its retention. */
export async function compressedYear(events: number): Promise<YearReport> {
  const held = { ms: 0 };
  const station = await Station.open({ wrap: (store) => timed(store, held) });
  await station.activate(catalogOf('year', listens('build', 'build.asked')));
  await station.start();
  const daily = Math.ceil(events / DAYS);
  const begun = (await usedBy(station)) ?? 0;
  await oneDay(station, daily);
  const perDay = (await usedBy(station)) - begun;
  // A day more than is kept, and the part that waits for a cut of its size.
  const budget = begun + perDay * (KEPT_DAYS + 1) + perDay * 10;
  const policy = { events: KEPT_DAYS * DAY_MS, decisions: 2 * KEPT_DAYS * DAY_MS, size: budget };
  const retention = retentionOf(station, policy, { cutRecords: Math.min(50_000, daily) });
  let [usedMost, overBudgetDays] = [0, 0];
  for (let day = 2; day <= DAYS; day++) {
    station.clock.advance(DAY_MS);
    await oneDay(station, daily);
    await retention.run();
    const used = await usedBy(station);
    usedMost = Math.max(usedMost, used);
    if (used > budget) overBudgetDays++;
  }
  await expectSound(station);
  expect(retention.view.trimmed).toBeGreaterThan(events / 2);
  const bytesPerEvent = perDay / daily;
  const kept = PER_SECOND * 86_400 * KEPT_DAYS * bytesPerEvent;
  const measured = { events, bytesPerEvent, budget, usedMost, overBudgetDays, heldMs: held.ms };
  return { ...measured, ninetyDaysGiB: kept / 1_024 ** 3 };
}

async function oneDay(station: Station, daily: number): Promise<void> {
  for (let done = 0; done < daily; done += COMMIT) {
    const batch = Array.from({ length: Math.min(COMMIT, daily - done) }, (_, n) => {
      const type = (done + n) % ANSWERED === 0 ? 'build.asked' : 'git.pushed';
      return station.emit(
        type,
        { ...DATA, n: done + n },
        { id: `${station.clock.now()}-${done + n}` },
      );
    });
    await Promise.all(batch);
  }
  await station.routed();
}

async function usedBy({ store }: Station): Promise<number> {
  return (await store.care?.usage())?.used ?? 0;
}

/** The store, of whose care each step that holds the writer is timed. */
function timed(store: Store, held: { ms: number }): Store {
  const { care } = store;
  if (care === undefined) return store;
  const time = <A, R>(work: (argument: A) => Promise<R>) => {
    return async (argument: A): Promise<R> => {
      const begun = performance.now();
      const result = await work(argument);
      held.ms = Math.max(held.ms, performance.now() - begun);
      return result;
    };
  };
  const watched: StorageCare = {
    ...care,
    trim: time((trim: Trim) => care.trim(trim)),
    sweep: time((now: number) => care.sweep(now)),
    cuttable: time((query: CuttableQuery) => care.cuttable(query)),
    digests: time((seqs: readonly number[]) => care.digests(seqs)),
  };
  return alteredStore(store, { care: watched });
}
