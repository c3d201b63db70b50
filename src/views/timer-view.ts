import { flowOfLane } from '../runs/lane.ts';
import type { Store } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import { waitText } from './wait-text.ts';

/** What is due at a time, as people and programs see it. */
export interface TimerView {
  /** A run that rests, or a window that closes. */
  readonly kind: 'run' | 'window';
  /** When it is due, ISO 8601 in UTC. */
  readonly due: string;
  readonly flow: string;
  /** The run's id, a branch's own where it is one; null for a window. */
  readonly run: string | null;
  /** Why a run rests, where that is known, or the event that it waits for; the key of a window. */
  readonly about: string | null;
}

/** How many timers are told, the earliest first. */
export interface TimerRange {
  readonly limit: number;
}

/** Windows that are looked at; they are not kept in the order of their times. */
const WINDOWS_MAX = 1_000;

/** What comes at its time: from the lanes with runs that rest, and the windows that are open. */
export async function readTimers(
  store: Pick<Store, 'lanes' | 'claimable' | 'windows' | 'readAt' | 'identity'>,
  { limit }: TimerRange,
): Promise<TimerView[]> {
  const lanes = (await store.lanes())
    .filter(({ due }) => due.waiting !== null)
    .toSorted((a, b) => (a.due.waiting ?? 0) - (b.due.waiting ?? 0))
    // Each of them has one that is earlier than all of those behind.
    .slice(0, limit);
  const found: TimerView[] = [];
  for (const { lane } of lanes) {
    const query = { lane, state: 'waiting', now: Number.MAX_SAFE_INTEGER, limit } as const;
    const rows = await store.claimable(query);
    const records = await store.readAt(rows.map(({ version }) => version));
    const last = new Map(records.map((record) => [record.seq, record]));
    for (const { id, due, reason, version } of rows) {
      const run = idOf(store.identity, id);
      const about = reason ?? waitText(last.get(version));
      found.push({ ...timer('run', due ?? 0), flow: flowOfLane(lane), run, about });
    }
  }
  for (const { flow, key, due } of await store.windows({ limit: WINDOWS_MAX })) {
    found.push({ ...timer('window', due), flow, run: null, about: key });
  }
  // ISO 8601 in one zone stands in the order of its times.
  return found.toSorted((a, b) => (a.due < b.due ? -1 : 1)).slice(0, limit);
}

function timer(kind: TimerView['kind'], at: number): Pick<TimerView, 'kind' | 'due'> {
  return { kind, due: new Date(at).toISOString() };
}
