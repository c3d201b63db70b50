import type { Flow } from '../flows/flow.ts';
import type { LogRecord } from '../store/contract.ts';
import type { HookVerdict } from './hook-verdict.ts';
import type { Match } from './match.ts';

/** A run that an event is to start, in the lane whose limits it keeps. */
export interface Start {
  readonly flow: Flow;
  readonly lane: string;
}

/** A flow that an event is dead to, or that does not take it. */
export interface Refusal {
  readonly flow: Pick<Flow, 'name'>;
  readonly reason: string;
  readonly code: string;
}

/** What its matches are sorted into. */
export interface Sorted {
  readonly starts: Start[];
  readonly gathered: Extract<Match, { kind: 'gathered' }>[];
  readonly held: Extract<Match, { kind: 'held' }>[];
  readonly dead: Refusal[];
  readonly lost: Refusal[];
}

/** An event, the catalog under which it is matched, and what hooks said of it. */
export type Arriving = Pick<Arrived, 'record' | 'hash' | 'verdict'>;

/** What one event is to become. */
export interface Arrived {
  readonly record: LogRecord;
  readonly hash: string;
  /** What hooks said of it. */
  readonly verdict: HookVerdict | undefined;
  readonly starts: readonly Start[];
  /** Flows that take it together with others. */
  readonly gathered: readonly Extract<Match, { kind: 'gathered' }>[];
  /** Patterns over time that are shown it. */
  readonly held: readonly Extract<Match, { kind: 'held' }>[];
  /** Flows to which it is dead, as their conditions say. */
  readonly dead: readonly Refusal[];
  /** Flows that it would start, were there a lane for it. */
  readonly lost: readonly Refusal[];
}
