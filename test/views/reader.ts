import { type Condition, compileCondition } from '../../src/flows/condition.ts';
import { TRIGGER_NAMES } from '../../src/flows/names.ts';
import type { LogReader } from '../../src/views/log-reader.ts';
import type { Station } from '../routing/station.ts';

/** What views read of a station. */
export function readerOf({ store, catalogs, router }: Station): LogReader {
  return {
    store,
    catalogAt: async (seq) => (await catalogs.at(seq)).catalog,
    status: () => ({ lag: store.head() - router.at, paused: [] }),
  };
}

/** A condition as a user writes it. */
export function conditionOf(text: string): Condition {
  const compiled = compileCondition(text, TRIGGER_NAMES);
  if (compiled.kind === 'compiled') return compiled.value;
  throw new Error(compiled.problems.map(({ message }) => message).join('\n'));
}
