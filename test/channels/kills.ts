import type { AppendResult, LogRecord, Store, Unit } from '../../src/store/contract.ts';

/** When a process dies: before or behind its n-th commit, counted from 1. */
export interface Death {
  readonly commit: number;
  readonly isWritten: boolean;
}

/**
 * A process's way to its store, which is dead from some commit on: what was asked then is written
 * or not, and never answered; nothing that comes behind it is written.
 */
export function mortalStore(store: Store, death: Death, died: () => void): Store {
  let commits = 0;
  const append = async (unit: Unit): Promise<AppendResult> => {
    commits++;
    if (commits < death.commit) return store.append(unit);
    if (commits === death.commit && death.isWritten) await store.append(unit);
    died();
    return new Promise(() => {});
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'append') return append;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

/** The dedupe ids that a log says are to be told. */
export function acceptedIn(records: readonly LogRecord[]): Set<string> {
  return new Set(
    records
      .filter(({ type }) => type === 'notification.requested')
      .map(({ data }) => (JSON.parse(data) as { readonly dedupe_id: string }).dedupe_id),
  );
}
