import type { Flow } from '../../flows/flow.ts';
import type { Json } from '../../std/json.ts';
import type { EndState, LogRecord, RunRow } from '../../store/contract.ts';
import type { Decision, JournalEvent, RunStarted } from '../journal.ts';
import type { StepError } from '../step-kind.ts';
import type { Usage } from '../usage.ts';

/** What came of one attempt at a step, or what ended it otherwise, as the log has it. */
export type Answer =
  | { readonly kind: 'done'; readonly output: Json; readonly usage?: Usage | undefined }
  /** A person said what it gave, or passed it over. */
  | { readonly kind: 'said'; readonly output: Json; readonly decision: Decision }
  | { readonly kind: 'noop' }
  /** The run went on behind it, and no record says what it gave. */
  | { readonly kind: 'lost' }
  /** It failed for good. */
  | { readonly kind: 'fail'; readonly error: StepError }
  /** It failed in a way that is tried again where its flow says so. */
  | { readonly kind: 'retry'; readonly error: StepError }
  /** The run was ended at it, whatever its flow says of its failures: `bare` by that alone. */
  | { readonly kind: 'over'; readonly error: StepError; readonly bare: boolean }
  | { readonly kind: 'declined' | 'cancelled'; readonly decision: Decision }
  /** No end of an attempt: it was begun (`begins` for the first time), waited or was proposed. */
  | { readonly kind: 'note'; readonly entry: JournalEvent; readonly begins?: boolean };

/** A run's stay at one of its steps: from when it came there until it went on. */
export interface Visit {
  /** The path of the step in the flow by which the run went. */
  readonly at: string;
  /** The step's id. */
  readonly step: string;
  /** When it was begun, in engine time. */
  readonly began: number;
  readonly answers: readonly Answer[];
  /** Whether somebody, or a policy, was asked before it was called. */
  readonly asked: boolean;
  /** What `now` was in its templates, where that was kept; else it is `began`. */
  readonly asOf?: number | undefined;
  /** The seq that names its fork: the runs that it opened have it. */
  readonly fork?: number | undefined;
  /** The seqs of its last record and of the one before: what stands between them it has opened. */
  readonly last: number;
  readonly before: number;
}

/** What the records of a run tell of its way. */
export interface Way {
  readonly visits: readonly Visit[];
  /** How it ended for the first time, and by which record; undefined while it is open. */
  readonly end: { readonly state: EndState; readonly seq: number } | undefined;
  /** Why nobody can follow it behind its last visit; undefined where all of it is told. */
  readonly stop: string | undefined;
}

/** A run as it was recorded, with those that it opened. */
export interface RecordedRun extends Way {
  readonly row: RunRow;
  readonly started: RunStarted;
  /** The record that started it, with the data that flows saw. */
  readonly event: LogRecord;
  /** Where that is a window: what was gathered in it. */
  readonly members: readonly LogRecord[];
  /** By the definition to which it was pinned. */
  readonly flow: Flow;
  /** In the order in which they were opened. */
  readonly children: readonly RecordedRun[];
}
