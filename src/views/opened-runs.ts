import type { Flow } from '../flows/flow.ts';
import { decodeJournal } from '../runs/journal.ts';
import { stepsOf } from '../runs/position.ts';
import type { LogIdentity, LogRecord, RunRow, RunState, Store } from '../store/contract.ts';
import { idOf } from '../store/record.ts';

/** A run that a step of another one opened. */
export interface OpenedRun {
  readonly id: string;
  readonly flow: string;
  readonly state: RunState;
  /** Which branch of the step it is, from 0; null for a run that the step called. */
  readonly branch: number | null;
  readonly reason: string | null;
}

/** How many branches a step has in all, and how many of those that are opened in each state. */
export type BranchCounts = { readonly count: number } & { readonly [State in RunState]?: number };

/** What a step has left to other runs. */
export interface Opened {
  readonly branches: BranchCounts | null;
  readonly opened: readonly OpenedRun[];
}

/** How many opened runs of one step are shown one by one. */
const SHOWN_MAX = 20;
const PAGE = 500;

/** The runs that a run opened, oldest first. Costs nothing where its flow has no step that does. */
export async function readOpened(
  store: Store,
  { id }: RunRow,
  flow: Flow | undefined,
): Promise<RunRow[]> {
  const found: RunRow[] = [];
  const isPlain = flow && [...stepsOf(flow)].every(([, step]) => step.fork === undefined);
  if (isPlain === true) return found;
  for (let after = 0; ;) {
    const page = await store.branches({ parent: id, after, limit: PAGE });
    found.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return found;
    after = last.id;
  }
}

/** What each step has left to others, by its path: the last time, where there were several. */
export function openedBySteps(
  records: readonly LogRecord[],
  children: readonly RunRow[],
  identity: LogIdentity,
): Map<string, Opened> {
  const byPath = new Map<string, Opened>();
  for (const record of records) {
    const entry = decodeJournal(record);
    if (entry === undefined || !('at' in entry)) continue;
    if (entry.type === 'step.forked') {
      const rows = children.filter(({ fork }) => fork === record.prev);
      byPath.set(entry.at, openedOf(rows, entry.count, identity));
    } else if ('output' in entry) {
      // A call that is not waited for is in one unit with the record that its step is done.
      const { prev, seq } = record;
      const called = children.filter(
        ({ id, fork }) => fork === null && prev !== null && prev < id && id < seq,
      );
      if (called.length > 0) byPath.set(entry.at, openedOf(called, 1, identity));
    }
  }
  return byPath;
}

function openedOf(rows: readonly RunRow[], count: number, identity: LogIdentity): Opened {
  const opened = rows.slice(0, SHOWN_MAX).map(({ id, flow, state, branch, reason }) => {
    return { id: idOf(identity, id), flow, state, branch, reason };
  });
  const areBranches = rows.some(({ branch }) => branch !== null);
  return { branches: areBranches ? countsOf(rows, count) : null, opened };
}

function countsOf(rows: readonly RunRow[], count: number): BranchCounts {
  const states: { [State in RunState]?: number } = {};
  for (const { state } of rows) states[state] = (states[state] ?? 0) + 1;
  return { count, ...states };
}
