import type { Configuration } from '../config.ts';
import type { CodeHook } from '../routing/hooks/code-hook.ts';
import type { StepKind } from '../runs/step-kind.ts';
import type { SourceKind } from '../sources/source.ts';
import type { Clock } from '../std/clock.ts';
import type { Logger } from '../std/logger.ts';
import type { Random } from '../std/random.ts';

/** What an engine is opened with. */
export interface OpenOptions {
  readonly configuration: Configuration;
  readonly dataDirectory: string;
  /** Where the log lies, in place of what the configuration says: `sqlite`, or an URL. */
  readonly store?: string | undefined;
  /**
   * The log is in memory, as tests have it: nothing is written beside it, no disk is measured, no
   * command is to be isolated, and nobody is sent traces or told anything over a channel.
   */
  readonly inMemory?: boolean | undefined;
  /**
   * `run` routes events and works on runs; `inspect` only reads and records, for commands without a
   * daemon.
   */
  readonly mode: 'run' | 'inspect';
  /** Puts the files' catalog in force where it differs from the one activated last. */
  readonly apply: boolean;
  /** Nobody is told anything over a channel: what would be said is only recorded. */
  readonly muted?: boolean | undefined;
  /** Begins with everything paused. */
  readonly paused?: boolean | undefined;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Spreads retries and turns; the machine's own where it is left out. */
  readonly random?: Random;
  /**
   * Kinds of steps beside the built-in ones, or in place of those of the same kind; or what makes
   * them of these.
   */
  readonly kinds?: readonly StepKind[] | ((builtIn: readonly StepKind[]) => readonly StepKind[]);
  /** Types or names of sources; where given, only these are opened. */
  readonly sources?: readonly string[] | undefined;
  /** Where the API will be heard on this machine; undefined where it is not. */
  readonly apiUrl?: Promise<string | undefined> | undefined;
  /** Types of sources beside the built-in ones. */
  readonly sourceKinds?: readonly SourceKind[];
  /**
   * Who follows the log beside the engine, by the names of their checkpoints: what one of them has
   * not seen yet is not taken out of it.
   */
  readonly followers?: (() => readonly string[]) | undefined;
  /** Hooks that are functions, asked behind those of the configuration. */
  readonly hooks?: readonly CodeHook[];
}
