import type { LogRecord, Store } from '../store/contract.ts';
import type { Disposition } from './disposition.ts';

/** A start that a limit kept from coming about: what the log says of it. */
export type RefusedStart = Pick<Disposition, 'flow' | 'outcome' | 'reason'>;

/** What the records are called that say so. */
const OUTCOMES: ReadonlyMap<string, Disposition['outcome']> = new Map([
  ['event.dropped', 'dropped'],
  ['event.dead_lettered', 'dead_lettered'],
]);

/** The starts that an event asked for and that no run came of, at most `limit` of them. */
export async function readRefusedStarts(
  store: Store,
  { seq }: LogRecord,
  limit: number,
): Promise<RefusedStart[]> {
  const found: RefusedStart[] = [];
  for (const type of OUTCOMES.keys()) {
    const records = await store.read({ after: seq, causation: seq, type, limit });
    found.push(...records.flatMap(refusedStart));
  }
  return found;
}

function refusedStart({ type, source, data }: LogRecord): RefusedStart[] {
  const outcome = OUTCOMES.get(type);
  if (outcome === undefined || source !== null) return [];
  const { flow, reason } = JSON.parse(data) as { readonly flow: string; readonly reason: string };
  return [{ flow, outcome, reason }];
}
