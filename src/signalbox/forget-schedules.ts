import type { Catalogs } from '../routing/catalogs.ts';
import type { Store } from '../store/contract.ts';

/** More rows than any schedule has. */
const ROWS_MAX = 1_000;

/**
 * Has every schedule in force forget when it ran last, so that each begins as on its first day:
 * what `persist_last_run: false` asks for at each start. What other sources remember stays.
 */
export async function forgetSchedules(
  store: Pick<Store, 'append' | 'cursors'>,
  catalogs: Pick<Catalogs, 'sourcesInForce'>,
): Promise<void> {
  for (const { name: source, type } of await catalogs.sourcesInForce()) {
    if (type !== 'schedule') continue;
    const rows = await store.cursors({ source, limit: ROWS_MAX });
    if (rows.length === 0) continue;
    const cursors = rows.map(({ key }) => ({ source, key, value: null }));
    await store.append({ writes: [], cursors });
  }
}
