import type { OpenState } from '../store/contract.ts';
import type { Run } from './evolve.ts';
import type { Motion } from './motion.ts';

/**
 * What happens to runs beside the one that a slot was granted to: heard by whoever counts the runs
 * and gives away the slots.
 */
export interface Moves {
  /** A run has left its slot to another one: to its first branch, or a branch to the next. */
  handed(from: Motion, to: Motion): void;
  /** A run was recorded that waits for a slot. */
  opened(id: number, run: Run): void;
  /** A run that may have held no slot is not what it was; null where it was not open. */
  changed(id: number, from: OpenState | null, run: Run): void;
}
