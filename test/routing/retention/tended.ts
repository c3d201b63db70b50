import { expect } from 'vitest';
import { belowWindows, seenByAll } from '../../../src/routing/retention/floor.ts';
import { Retention, type RetentionOptions } from '../../../src/routing/retention/retention.ts';
import type { RetentionPolicy } from '../../../src/routing/retention/policy.ts';
import { ROUTER } from '../../../src/routing/router.ts';
import { checkRows } from '../../../src/runs/rebuild.ts';
import type { Cut } from '../../../src/store/care.ts';
import type { Station } from '../station.ts';

export const DAY_MS = 86_400_000;
export const NINETY_DAYS: RetentionPolicy = { events: 90 * DAY_MS, decisions: 400 * DAY_MS };

/** The retention of a station's log. */
export function retentionOf(
  { store, catalogs, router, time, clock, lines }: Station,
  policy: RetentionPolicy,
  more: Partial<RetentionOptions> = {},
): Retention {
  const at = (level: 'info' | 'warn' | 'error') => (message: string) =>
    void lines.push({ level, message, fields: undefined });
  return new Retention({
    store,
    catalogs,
    policy,
    routed: () => router.at,
    floor: async () => belowWindows(store, await seenByAll(store, [ROUTER])),
    time,
    clock,
    logger: { info: at('info'), warn: at('warn'), error: at('error') },
    ...more,
  });
}

/** The chain, the sums and the rows are what the log says. */
export async function expectSound(station: Station): Promise<void> {
  const { store } = station;
  const report = await store.verify({ deep: true, progress: () => {} });
  expect(report.firstBad).toBeNull();
  expect((await station.audit()).firstBad).toBeNull();
  expect((await checkRows(store, () => {})).differences).toEqual([]);
}

export async function cutOf({ store }: Station): Promise<Cut | undefined> {
  return store.care?.cut();
}

/** What the log still holds. */
export async function seqsOf({ store }: Station): Promise<number[]> {
  const seqs: number[] = [];
  for (let after = 0; ;) {
    const page = await store.read({ after, limit: 1_000 });
    seqs.push(...page.map(({ seq }) => seq));
    const last = page.at(-1);
    if (last === undefined) return seqs;
    after = last.seq;
  }
}
