import type { CommandEnd } from '../command.ts';

/** The names of the ways in which a command can be kept from seeing us. */
export type IsolationWay = 'bubblewrap' | 'namespaces';

/**
 * One way of this machine to start a command where it sees neither our files nor our process.
 *
 * The command keeps its user, its folder, the other files and the network. It is in a PID namespace
 * of its own, so that all it starts ends with it.
 */
export interface Isolation {
  readonly way: IsolationWay;
  /** The words that start the command `argv` so. */
  wrap(argv: readonly string[]): readonly string[];
  /** Whether the end is that of a command which was never begun, since it could not be isolated. */
  isFailure(end: CommandEnd): boolean;
}

/** What this machine can do, as it was measured. */
export interface MeasuredIsolation {
  /** Undefined where no way works. */
  readonly isolation: Isolation | undefined;
  /** Why a way does not work, a sentence each; those behind the one that works are not tried. */
  readonly obstacles: readonly string[];
}
