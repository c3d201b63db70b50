import { attributionOf } from '../events/attribution.ts';
import type { RunRow, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { ownRecord } from '../store/record.ts';
import type { Decision, RunPaused } from './journal.ts';
import type { Motion } from './motion.ts';

/** What is said of a run that is to rest when its step is over: that it shall, or not after all. */
export type PauseWord = 'run.pause_requested' | 'run.pause_withdrawn';

/** Records of a run behind which no pause is owed that was asked for before them. */
const SETTLING: ReadonlySet<string> = new Set(['run.paused', 'run.retried']);

/**
 * Records that a run is to rest when its step is over, so that whoever goes on with it after a
 * crash knows. No record of the run's own stream: that would void the result of the step. False
 * where the disk is full.
 */
export async function recordPauseWord(
  { store, time }: { readonly store: Store; readonly time: EngineTime },
  { id, correlation, hops }: RunRow,
  { type, reason, ...by }: Decision & { readonly type: PauseWord },
): Promise<boolean> {
  const cause = { correlation, causation: id, hops };
  const record = ownRecord(
    type,
    JSON.stringify({ ...attributionOf(by), reason }),
    time.now(),
    cause,
  );
  const { kind } = await store.append({ writes: [{ kind: 'event', record }] });
  return kind === 'appended';
}

/** A pause that was asked for and has not come about. */
export interface OwedPause {
  readonly decision: Decision;
  /** Whether the step is over behind which the run was to rest. */
  readonly isDue: boolean;
}

/** The pause that a run owes; undefined where it owes none. */
export async function findPauseRequest(
  store: Pick<Store, 'read' | 'readStream'>,
  run: number,
): Promise<OwedPause | undefined> {
  const query = { after: run, causation: run, type: 'run.pause_*', newestFirst: true, limit: 1 };
  const [last] = await store.read(query);
  if (last?.type !== 'run.pause_requested') return undefined;
  const records = await store.readStream(run);
  const later = records.filter(({ seq }) => seq > last.seq).map(({ type }) => type);
  if (later.some((type) => SETTLING.has(type))) return undefined;
  // An attempt at the step may have been begun once more.
  const isDue = later.some((type) => type !== 'step.started');
  return { decision: JSON.parse(last.data) as Decision, isDue };
}

/** The run as it is held where it rests, or between two steps: then resumed, it begins the next. */
export function pauseOf({ run }: Motion, { reason, ...by }: Decision, now: number): RunPaused {
  const { at, state, due, reason: because } = run;
  const back = state === 'waiting' ? { due, because } : { due: now, because: null };
  return { type: 'run.paused', ...attributionOf(by), reason, at, state: 'waiting', ...back };
}
