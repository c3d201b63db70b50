import type { Configuration } from './config.ts';
import type { EventDraft } from './events/event.ts';
import type { Catalog } from './flows/catalog.ts';
import type { StepKind } from './runs/step-kind.ts';
import type { Clock } from './std/clock.ts';
import type { Logger } from './std/logger.ts';
import type { Store } from './store/contract.ts';

/** The running engine as the server and the command line see it. */
export interface Signalbox {
  readonly store: Store;
  readonly configuration: Configuration;
  /** The catalog in force now. */
  catalog(): Catalog;
  /** The catalog under which the event at `seq` is matched; undefined before the first activation. */
  catalogAt(seq: number): Promise<Catalog | undefined>;
  /** Records an event and resolves when it is durable. Never throws for a bad draft: it says so. */
  emit(draft: EventDraft): Promise<EmitResult>;
  status(): Status;
  /** What the router counted up to `as_of`, and the rows of the store. */
  stats(): Promise<Stats>;
  /** Reads the whole log again and checks chain, density and sums. */
  verify(progress: Progress): Promise<VerifyReport>;
  /** Folds the whole log again and compares the rows. */
  rebuildCheck(progress: Progress): Promise<RebuildReport>;
  /** Takes no new work, lets steps end for as long as allowed, closes the store. Safe twice. */
  stop(): Promise<void>;
  /** Settles when the engine can no longer go on, such as after a failed fsync: the process must end. */
  readonly failed: Promise<Error>;
}

export interface OpenOptions {
  readonly configuration: Configuration;
  readonly dataDirectory: string;
  /** `run` routes events and works on runs; `inspect` only reads and records, for commands without a daemon. */
  readonly mode: 'run' | 'inspect';
  /** Puts the files' catalog in force where it differs from the one activated last. */
  readonly apply: boolean;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Kinds of steps beside the built-in ones. */
  readonly kinds?: readonly StepKind[];
}

export type EmitResult =
  | { readonly kind: 'accepted'; readonly id: string; readonly seq: number; readonly duplicate: boolean }
  /** The id is in the log with other content, as `seq`. */
  | { readonly kind: 'conflict'; readonly id: string; readonly seq: number }
  | { readonly kind: 'invalid'; readonly problem: string }
  /** Not recorded: come again after `retryAfterMs`. */
  | { readonly kind: 'refused'; readonly reason: 'disk_full' | 'busy' | 'stopping'; readonly retryAfterMs: number };

export interface Status {
  readonly state: 'running' | 'degraded' | 'draining';
  readonly degraded: readonly { readonly part: string; readonly reason: string; readonly since: string }[];
  /** Events that the router has not seen yet. */
  readonly lag: number;
  /** Runs under way, and how many may be. */
  readonly running: number;
  readonly slots: number;
  readonly flows: number;
  /** The hash of a catalog in the files that differs from the one in force; undefined where none does. */
  readonly pending: string | undefined;
}

export interface Stats {
  readonly as_of: number;
  readonly events: number;
  readonly dispositions: Readonly<Record<'started' | 'filtered' | 'unmatched' | 'dead_lettered', number>>;
  readonly runs: Readonly<Record<string, number>>;
  readonly lag: { readonly router: number };
  /** Ids that arrived again with the same content, and with other content, since the daemon started. */
  readonly receipts: { readonly duplicates: number; readonly conflicts: number; readonly refused: number };
}

/** Told now and then how far a long reading has come. */
export type Progress = (done: number, all: number) => void;

export interface VerifyReport {
  readonly ok: boolean;
  readonly events: number;
  readonly first_bad: { readonly seq: number; readonly reason: string } | null;
  readonly sum: Stats['dispositions'] & { readonly waiting: number };
}

export interface RebuildReport {
  readonly ok: boolean;
  readonly events: number;
  readonly runs: number;
  readonly differences: readonly { readonly run: string; readonly field: string; readonly row: string; readonly folded: string }[];
}

/**
 * Opens the data directory, takes its lock and starts every service.
 *
 * @throws SignalboxError `data.locked` (details `{pid, url}` of the holder), `data.corrupt`, `data.newer`
 * (written by a newer version), `data.unusable` (missing rights, not a directory, read-only, no space).
 */
export declare function openSignalbox(options: OpenOptions): Promise<Signalbox>;
