import type { StorageCare } from './care.ts';
import type { EntityReads, EntityWrite } from './entity.ts';
import type { LogName } from './log-name.ts';
import type { LogReport, VerifyOptions } from './verification.ts';
import type {
  BranchQuery,
  ClaimQuery,
  CursorQuery,
  LanesQuery,
  LetterQuery,
  LogQuery,
  PageQuery,
  RunQuery,
  WindowQuery,
} from './queries.ts';

/**
 * What every store promises, whatever keeps the bytes.
 *
 * The log is a dense sequence of records; `seq` counts from 1 without gaps, and what a reader has
 * seen at a seq never changes. A unit of an append is written whole or not at all, and its promise
 * resolves only when it is durable. Units of one call are independent: one that is refused leaves
 * its neighbours untouched. The caller folds; the store compares versions and writes.
 *
 * The suites in `test/store/conformance` state these promises noun by noun and run on every store.
 */
export interface Store extends EntityReads {
  readonly identity: LogIdentity;
  /** The last durable seq that this client knows of: all that it acknowledged, and often more. */
  head(): number;

  // Append
  /**
   * Writes a unit. Those of one client are decided and numbered in the order of the calls.
   *
   * @throws SignalboxError `store.unit_invalid` where `unitProblem` finds fault with it, and
   *   `store.closed`. After any other it is unknown whether the unit was written.
   */
  append(unit: Unit): Promise<AppendResult>;
  /** How many units wait for their commit: what admission looks at. */
  pending(): number;
  /**
   * Hears of each record once, in order of seq, after it is durable and before its append resolves:
   * with how long its commit took, where that is known.
   */
  onCommitted(listener: (records: readonly LogRecord[], commitMs?: number) => void): void;

  // Read
  /**
   * Records with `seq > after`, in order: at most `limit` of them, and fewer where they are large.
   */
  read(query: LogQuery): Promise<LogRecord[]>;
  /** The latest event with this foreign id, as long as its dedupe key is remembered. */
  findForeign(id: string): Promise<LogRecord | undefined>;
  /** The records of one stream, oldest first. */
  readStream(stream: number): Promise<LogRecord[]>;
  /** The records with these seqs that there are, in order of seq: at most 1,000 are asked for. */
  readAt(seqs: readonly number[]): Promise<LogRecord[]>;

  // Rows
  run(id: number): Promise<RunRow | undefined>;
  runs(query: RunQuery): Promise<RunRow[]>;
  /** Runs that a run opened, in the order of their ids. */
  branches(query: BranchQuery): Promise<RunRow[]>;
  /** Runs of one lane and state that are due, in the order of their due times. */
  claimable(query: ClaimQuery): Promise<RunRow[]>;
  /**
   * The open runs of some lanes, in the order of their ids. Costs what the open runs cost, whatever
   * the log holds.
   */
  runsInLanes(query: LanesQuery): Promise<RunRow[]>;
  /** Running runs of sessions that have ended, in the order of their ids. */
  orphans(query: PageQuery): Promise<RunRow[]>;
  /** The lanes that have open runs. Costs what the open runs cost, whatever the log holds. */
  lanes(): Promise<LaneRow[]>;
  /** Open runs by flow and the catalog that they are pinned to. Costs what the open runs cost. */
  openRunsByFlow(): Promise<OpenRunsOfFlow[]>;
  letter(id: number): Promise<LetterRow | undefined>;
  /** Dead letters, newest first. */
  letters(query: LetterQuery): Promise<LetterRow[]>;
  /** The windows that are open, by flow and key: a window keeps its place while it is open. */
  windows(query: WindowQuery): Promise<WindowRow[]>;
  /** What a source remembers, in the order of its keys: by code point, whatever the database. */
  cursors(query: CursorQuery): Promise<CursorRow[]>;

  // Checkpoints
  checkpoint(consumer: string): Promise<Checkpoint>;

  // Care
  /** What the store does for its own bytes; undefined where the database has its own means. */
  readonly care: StorageCare | undefined;

  // Life
  /**
   * Reads the log from `from` on, and resolves to the first place where it is not what was written.
   */
  verify(options: VerifyOptions): Promise<LogReport>;
  /** Makes everything durable and lets go. `clean` says that no work was under way. Safe twice. */
  close(options?: { readonly clean: boolean }): Promise<void>;
  /**
   * Settles when the store can no longer be trusted, such as after a failed fsync: the process must
   * end.
   */
  readonly failed: Promise<Error>;
}

/**
 * Which log this is. All of it is written at the log's birth or at `open`, and constant from then
 * on.
 */
export interface LogIdentity {
  /**
   * The random names that are part of each shown id: the last whose `from` is not above a seq is
   * that seq's.
   */
  readonly names: readonly LogName[];
  /** Raised by a restore, so that nothing of the lost future is ever mistaken for the present. */
  readonly incarnation: number;
  /**
   * Raised by each opening for writing: it names the session. A claim carries it; what a session
   * claimed that has ended is orphaned.
   */
  readonly epoch: number;
  /**
   * Whether the session before this one ended its work before it closed: what it left is no crash.
   */
  readonly afterCleanStop: boolean;
  /** Engine time of the last record at opening: later records are never earlier. */
  readonly lastReceived: number;
}

/** One record of the log, exactly as it is stored. */
export interface LogRecord extends RecordDraft {
  readonly seq: number;
  /** The stream's previous record, or null for a first record and for one of no stream. */
  readonly prev: number | null;
  /**
   * The stream that the record belongs to: the seq of its first record; null for an event of its
   * own.
   */
  readonly stream: number | null;
}

/** A record before it has its place. */
export interface RecordDraft {
  readonly type: string;
  /** The version of an own type's payload; 1 for foreign types. */
  readonly version: number;
  /** Null where Signalbox itself is the source. */
  readonly source: string | null;
  /** Foreign ids only. */
  readonly id: string | null;
  readonly subject: string | null;
  /** Engine time in milliseconds. In the log it is never less than that of an earlier record. */
  readonly received: number;
  /** The chain's root as shown; null where the record is its own root. */
  readonly correlation: string | null;
  /** The seq of the record that caused this one. */
  readonly causation: number | null;
  readonly hops: number;
  /** Further attributes as a JSON object; null where there are none. */
  readonly attributes: string | null;
  /** The payload, byte for byte as it was received; at most 32 MiB. */
  readonly data: string;
}

/** What is written whole or not at all. */
export interface Unit {
  readonly writes: readonly Write[];
  readonly checkpoint?: CheckpointMove;
  /** What a consumer's windows become as its checkpoint moves; only together with one. */
  readonly windows?: readonly WindowWrite[];
  /**
   * What sources remember from now on, at most 1,000; also without writes and without a checkpoint.
   */
  readonly cursors?: readonly CursorWrite[];
}

export type Write = EventWrite | OpenWrite | AdvanceWrite | EntityWrite;

/** Records an event that belongs to no stream. */
export interface EventWrite {
  readonly kind: 'event';
  readonly record: RecordDraft;
  /** Where given: an event with the same key within the dedupe window is not recorded again. */
  readonly dedupe?: DedupeKey;
  /** Where given: the record is also a dead letter. */
  readonly letter?: LetterDraft;
  /** Where given: the record closes this dead letter, which must be open. */
  readonly closes?: LetterClosing;
}

/** Begins a run: its first record gives it its id. */
export interface OpenWrite {
  readonly kind: 'open';
  readonly record: RecordDraft;
  readonly row: RunColumns & RunOrigin;
}

/** Continues a run, if it still stands where the caller believes. */
export interface AdvanceWrite {
  readonly kind: 'advance';
  readonly run: number;
  /** The seq of the run's last record, as the caller knows it. */
  readonly expectedVersion: number;
  /** The epoch under which the caller holds the run. */
  readonly expectedEpoch: number;
  readonly record: RecordDraft;
  readonly row: RunColumns;
  /** Where given: the record is also a dead letter. */
  readonly letter?: LetterDraft;
  /** Where given: the hash of the catalog that the run is pinned to from now on. */
  readonly catalog?: string;
}

/** What could not be done, as it stands among the dead letters. Its id is its record's seq. */
export interface LetterDraft {
  readonly kind: LetterKind;
  /** The seq of the event that it is about. */
  readonly event: number;
  readonly flow: string;
  readonly run: number | null;
  /** The id of the step that failed. */
  readonly step: string | null;
  readonly attempts: number;
  readonly code: string;
  readonly message: string;
}

export type LetterKind = 'event' | 'run' | 'step' | 'notification';
export const LETTER_KINDS: readonly LetterKind[] = ['event', 'run', 'step', 'notification'];

/** How a person has settled a dead letter. */
export type LetterState = 'open' | 'retried' | 'dropped';
export const LETTER_STATES: readonly LetterState[] = ['open', 'retried', 'dropped'];

export interface LetterClosing {
  readonly letter: number;
  readonly state: Exclude<LetterState, 'open'>;
}

export interface LetterRow extends LetterDraft {
  readonly id: number;
  /** When its record was received. */
  readonly at: number;
  readonly state: LetterState;
  /** The seq of the record that closed it. */
  readonly closed: number | null;
}

/** A window that opens, goes on, or (`columns: null`) closes: a flow's windows differ by key. */
export interface WindowWrite {
  readonly flow: string;
  readonly key: string;
  readonly columns: WindowColumns | null;
}

export interface WindowColumns {
  /** When it closes, in engine time. */
  readonly due: number;
  /** What it holds so far, as JSON. */
  readonly state: string;
}

export interface WindowRow extends WindowColumns {
  readonly flow: string;
  readonly key: string;
}

/** What a source remembers under a key in place of what it did; `value: null` forgets it. */
export interface CursorWrite {
  readonly source: string;
  readonly key: string;
  readonly value: string | null;
}

export interface CursorRow {
  readonly key: string;
  readonly value: string;
}

export interface DedupeKey {
  /** Made of the authenticated source and the id: `dedupeKey()`. */
  readonly key: string;
  /** Of the content: the same key with another digest is a conflict, not a duplicate. */
  readonly digest: string;
}

export interface CheckpointMove {
  readonly consumer: string;
  readonly from: number;
  readonly to: number;
  /** What the consumer folded on its way, as JSON. */
  readonly state: string;
}

export interface Checkpoint {
  readonly seq: number;
  readonly state: string;
}

export type AppendResult =
  /** Durable; the unit's records have the seqs `first` to `first + writes.length - 1`. */
  | { readonly kind: 'appended'; readonly first: number }
  /** Nothing written: this event is in the log as `seq`. */
  | { readonly kind: 'duplicate'; readonly seq: number }
  /** Nothing written: `seq` has the same id and other content. */
  | { readonly kind: 'conflict'; readonly seq: number }
  /** Nothing written: a version, an epoch or a checkpoint is not what was expected. */
  | { readonly kind: 'stale' }
  /** Nothing written: the disk is full. The store works on as soon as there is space. */
  | { readonly kind: 'full' };

/** The states of a run that a store tells apart. */
export type RunState = OpenState | EndState;

export type OpenState = 'queued' | 'running' | 'waiting' | 'paused';
export type EndState = (typeof END_STATES)[number];

export const OPEN_STATES: readonly OpenState[] = ['queued', 'running', 'waiting', 'paused'];
export const END_STATES = [
  'succeeded',
  'failed',
  'noop',
  'declined',
  'cancelled',
  'compensated',
  'compensation_stuck',
] as const;

/** What a run is born with and never changes. */
export interface RunOrigin {
  readonly flow: string;
  /** The hash of the catalog that the run is pinned to. */
  readonly catalog: string;
  /** The seq of the event that started it. */
  readonly event: number;
  readonly correlation: string;
  readonly hops: number;
  readonly started: number;
  /** Whose limits it keeps: open runs of one lane are granted slots in the order of their due. */
  readonly lane: string;
  /** The run that opened it; null where an event did. */
  readonly parent: number | null;
  /** The seq of the parent's record that it answers. */
  readonly fork: number | null;
  /** Which of the fork's branches it is, from 0; null for a run that is no part of another one. */
  readonly branch: number | null;
}

/** What a transition may change: control state only, never an output. */
export interface RunColumns {
  readonly state: RunState;
  /** Where in the tree the run stands: the path of the step that is next or under way. */
  readonly at: string;
  readonly attempt: number;
  /**
   * When the run wants attention, in engine time; null while it is leased or waits for a person.
   */
  readonly due: number | null;
  /** Of the session that holds the run, or held it last. */
  readonly epoch: number;
  /** How often a daemon died while the step under way was being worked on. */
  readonly crashes: number;
  readonly ended: number | null;
  readonly reason: string | null;
}

export interface RunRow extends RunOrigin, RunColumns {
  readonly id: number;
  /** The seq of the run's last record. */
  readonly version: number;
}

/** What stands in one lane. */
export interface LaneRow {
  readonly lane: string;
  /** Open runs by state. */
  readonly open: OpenRuns;
  /** The earliest due times of its runs that are queued, and that wait; null where none has one. */
  readonly due: { readonly queued: number | null; readonly waiting: number | null };
}

export type OpenRuns = Readonly<Record<OpenState, number>>;

/** How many runs of a flow are open that are pinned to one catalog. */
export interface OpenRunsOfFlow {
  readonly flow: string;
  readonly catalog: string;
  readonly runs: number;
}
