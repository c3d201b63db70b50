import type { AuditReport } from '../routing/audit.ts';
import type { StorageView } from '../routing/retention/retention.ts';
import type { ReceiptSums } from '../routing/receipts.ts';
import type { Tally } from '../routing/tally.ts';
import type { RowDifference } from '../runs/rebuild.ts';
import type { SourceView } from '../sources/supervised-source.ts';
import type { OpenRuns } from '../store/contract.ts';
import type { QueueView } from './queue-view.ts';

/** How the engine is right now. */
export interface Status {
  readonly state: 'running' | 'degraded' | 'paused' | 'draining';
  readonly degraded: readonly {
    readonly part: string;
    readonly reason: string;
    readonly since: string;
  }[];
  /** What begins no run at present; `flow` is null where that is everything. */
  readonly paused: readonly {
    readonly flow: string | null;
    readonly by: string;
    readonly reason: string | null;
    /** Whether what was under way stops where it is, too. */
    readonly now: boolean;
    readonly since: string;
  }[];
  /** Events that the router has not seen yet. */
  readonly lag: number;
  /** Runs under way, and how many may be. */
  readonly running: number;
  readonly slots: number;
  /** The hash of the catalog in force. */
  readonly catalog: string | undefined;
  /**
   * The hash of a catalog in the files that differs from the one in force; undefined where none
   * does.
   */
  readonly pending: string | undefined;
  /** How the commands of flows and hooks are kept from seeing the daemon and its data. */
  readonly isolation: IsolationView;
  /** What keeps the log. PostgreSQL has its own means for copies, and for what is taken out. */
  readonly store: 'sqlite' | 'postgres';
  /** Where events come from, and how each source does. */
  readonly sources: readonly SourceView[];
  /** What the store takes up, and where its log begins. */
  readonly storage: StorageView;
}

/** Where no way keeps them from it, gates are advisory. */
export interface IsolationView {
  readonly way: string | null;
  /** Why there is none, or no better one, as far as it was tried. */
  readonly obstacles: readonly string[];
}

/** What may become of an event at a flow, or at none. */
type DispositionTerm =
  | 'started'
  | 'coalesced'
  | 'filtered'
  | 'dropped'
  | 'unmatched'
  | 'dead_lettered';

/** How runs ended, and how many were called. */
type RunTerm =
  | 'succeeded'
  | 'failed'
  | 'noop'
  | 'declined'
  | 'cancelled'
  | 'compensated'
  | 'compensation_stuck'
  | 'called';

export interface Stats {
  /** The seq up to which the dispositions are counted. */
  readonly as_of: number;
  readonly events: number;
  readonly dispositions: Pick<Tally, DispositionTerm>;
  /** Events that are not routed yet, and events that open patterns over time have. */
  readonly waiting: number;
  readonly runs: OpenRuns & Pick<Tally, RunTerm>;
  /** What waits for a slot, by flow: how many runs, and for how long the oldest of them. */
  readonly queue: readonly QueueView[];
  readonly lag: { readonly router: number };
  /** What came that was not recorded as a new event, since the log began, and by source. */
  readonly receipts: ReceiptSums;
  readonly storage: StorageView;
}

/** What reading the whole log again has found. */
export interface VerifyReport {
  readonly ok: boolean;
  readonly events: number;
  /** The last event before the beginning of a log whose older part was taken out. */
  readonly trimmed?: number;
  /** How many events of the log were erased, where any was. */
  readonly erased?: number;
  /** False where no digests prove the bytes: what was changed in its place is not found. */
  readonly chained?: boolean;
  readonly first_bad: { readonly seq: number; readonly reason: string } | null;
  /** What became of the events; null where the log is damaged, so that no sum means anything. */
  readonly sum: AuditReport['sum'] | null;
}

/** What folding the whole log again has found. */
export interface RebuildReport {
  readonly ok: boolean;
  readonly events: number;
  readonly runs: number;
  readonly letters: number;
  /** Each names the run, the dead letter, the proposal or the like that it is about. */
  readonly differences: readonly ShownDifference[];
}

type ShownDifference = Omit<RowDifference, 'run'> &
  (
    | { readonly run: string }
    | { readonly letter: string }
    | { readonly proposal: string }
    | { readonly incident: string }
    | { readonly notification: string }
  );
