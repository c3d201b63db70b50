import { memberText } from '../std/raw-json.ts';
import type { LogRecord, Store } from '../store/contract.ts';

/** The consumer under whose name what hooks say is recorded: at 0 where none ever said anything. */
export const HOOKS = 'hooks';

/** What looking for amendments needs. */
export type AmendedReads = Pick<Store, 'checkpoint' | 'read'>;

/**
 * The events with the data that flows see: where a hook amended it, that of the hook, byte for byte
 * as it was recorded. Costs one reading where no hook ever said anything, and one an event else.
 */
export async function asAmended(
  store: AmendedReads,
  events: readonly LogRecord[],
): Promise<readonly LogRecord[]> {
  const { seq: said } = await store.checkpoint(HOOKS);
  return Promise.all(
    events.map(async (event) => {
      const mayBe = event.source !== null && event.seq <= said;
      const data = mayBe ? await amendment(store, event.seq) : undefined;
      return data === undefined ? event : { ...event, data };
    }),
  );
}

async function amendment(store: AmendedReads, event: number): Promise<string | undefined> {
  const query = { after: event, causation: event, type: 'event.amended', limit: 1 };
  const [record] = await store.read(query);
  return record === undefined ? undefined : memberText(record.data, 'data');
}
