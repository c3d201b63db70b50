import type { RunRow } from '../store/contract.ts';
import type { Session } from './next.ts';

/**
 * A run under which a daemon died more than once, and the session as which it is to be taken over.
 */
export interface Suspect {
  readonly row: RunRow;
  readonly session: Session;
}

/** Suspects that are taken over one by one; more of them would keep everything else waiting. */
const SUSPECTS_MAX = 32;

/**
 * The runs that may be what kills the daemon, in the order in which they are to be taken over.
 *
 * Each is watched alone for a while, so it was the one begun last under which the daemon died: the
 * others that were already suspects then are taken over as if it had ended in order.
 */
export function suspectsOf(orphans: readonly RunRow[], session: Session): readonly Suspect[] {
  const suspects = orphans.filter(({ crashes }) => crashes > 0);
  const watched = suspects.filter((row) => {
    return row.crashes > 1 && row.attempt > 0 && row.epoch === session.epoch - 1;
  });
  const begunLast = Math.max(...watched.map(({ version }) => version));
  return suspects.slice(0, SUSPECTS_MAX).map((row) => {
    const acquitted = watched.includes(row) && row.version !== begunLast;
    return { row, session: acquitted ? { ...session, afterCleanStop: true } : session };
  });
}
