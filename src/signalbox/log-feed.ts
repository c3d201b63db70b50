import type { LogFeed } from '../sources/event-log/log-feed.ts';
import type { Store } from '../store/contract.ts';
import { toEvent } from '../store/record.ts';

/** The log as sources see it that write down what is recorded. */
export function openLogFeed(store: Store): LogFeed {
  const listeners = new Set<() => void>();
  store.onCommitted(() => {
    for (const listener of listeners) listener();
  });
  return {
    head: () => store.head(),
    async read(after, limit) {
      const records = await store.read({ after, limit });
      return records.map((record) => {
        const { type, source, subject, time } = toEvent(record, store.identity);
        return { seq: record.seq, type, source, subject, time, data: record.data };
      });
    },
    onRecorded(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
