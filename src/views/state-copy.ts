import type { Router } from '../routing/router.ts';
import type { RunRow, RunState, Store } from '../store/contract.ts';
import { idOf } from '../store/record.ts';

/** How many events and how many runs of one state are listed. */
export const LISTED_MAX = 1_000;

/** What seed 003 calls `EventState`: where the log stands, for whoever looks into files. */
export interface StateCopy {
  /** The position in the log that it tells of. */
  readonly as_of: number;
  readonly written: string;
  /** When each schedule ran last, by its name. */
  readonly last_run: Readonly<Record<string, string>>;
  /** The ids of the latest events that have been routed, oldest first. */
  readonly processed_events: readonly string[];
  /** What waits: events that are not routed yet, and runs that have not begun. */
  readonly pending_queue: readonly Pending[];
  /** The runs that have begun and not ended, by their ids. */
  readonly handler_state: Readonly<Record<string, HandlerState>>;
}

interface Pending {
  readonly event: string;
  readonly flow: string | null;
  readonly run: string | null;
}

interface HandlerState {
  readonly flow: string;
  readonly state: RunState;
  /** Where in its flow it stands. */
  readonly at: string;
  readonly attempt: number;
  readonly event: string;
  readonly started: string;
}

/** An event from outside with its place in the log. */
export interface Arrived {
  readonly seq: number;
  readonly id: string;
}

export interface StateParts {
  readonly store: Pick<Store, 'runs' | 'cursors' | 'identity'>;
  readonly router: Pick<Router, 'at'>;
  /** The names of the schedules in force. */
  readonly schedules: readonly string[];
  /** The latest events from outside, oldest first. */
  readonly arrived: readonly Arrived[];
  readonly now: number;
}

/** Copies out of the store what `state_file` holds. */
export async function copyState(parts: StateParts): Promise<StateCopy> {
  const { store, router, arrived, now } = parts;
  const as_of = router.at;
  const queued = await store.runs({ state: 'queued', limit: LISTED_MAX });
  const begun: RunRow[] = [];
  for (const state of ['running', 'waiting', 'paused'] as const) {
    begun.push(...(await store.runs({ state, limit: LISTED_MAX })));
  }
  const id = (seq: number): string => idOf(store.identity, seq);
  return {
    as_of,
    written: isoTime(now),
    last_run: await lastRuns(parts),
    processed_events: arrived.filter(({ seq }) => seq <= as_of).map((event) => event.id),
    pending_queue: [
      ...queued
        .toReversed()
        .map((run) => ({ event: id(run.event), flow: run.flow, run: id(run.id) })),
      ...arrived
        .filter(({ seq }) => seq > as_of)
        .map((event) => ({ event: event.id, flow: null, run: null })),
    ],
    handler_state: Object.fromEntries(
      begun.map((run) => [
        id(run.id),
        {
          flow: run.flow,
          state: run.state,
          at: run.at,
          attempt: run.attempt,
          event: id(run.event),
          started: isoTime(run.started),
        },
      ]),
    ),
  };
}

/** The row under which a schedule remembers when it ran last, as an ISO time. */
const LAST = 'last';
/** More rows than any schedule has. */
const ROWS_MAX = 100;

async function lastRuns({ store, schedules }: StateParts): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  for (const source of schedules) {
    const rows = await store.cursors({ source, limit: ROWS_MAX });
    const last = rows.find(({ key }) => key === LAST);
    if (last !== undefined) found.push([source.slice(source.indexOf(':') + 1), last.value]);
  }
  return Object.fromEntries(found);
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
