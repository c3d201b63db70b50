/** What a daemon in the mode `one-shot` leaves behind when nothing is left that it can do. */
export interface Remainder {
  /** Runs that failed, and events that no flow could take. */
  readonly failed: number;
  /** Runs that a person has paused, or whose flow is paused. */
  readonly held: number;
  /** Sources that do not hear, and so have not told what they missed. */
  readonly deaf: readonly string[];
}
