import {
  OPEN_STATES,
  type OpenRuns,
  type OpenState,
  type RunColumns,
  type RunRow,
  type WindowRow,
} from '../../../src/store/contract.ts';

/** A run that has not ended. */
export type OpenRow = RunRow & { readonly state: OpenState };

/** Whether a run has not ended. */
export function isOpen(row: RunRow): row is OpenRow {
  return OPEN_STATES.some((state) => state === row.state);
}

/** How many runs there are of each state. */
export function counted(rows: readonly OpenRow[]): OpenRuns {
  const counts = { queued: 0, running: 0, waiting: 0, paused: 0 };
  for (const { state } of rows) counts[state]++;
  return counts;
}

/** The earliest due time of runs in a state. */
export function earliest(rows: readonly OpenRow[], state: OpenState): number | null {
  const dues = rows.flatMap((row) => (row.state === state && row.due !== null ? row.due : []));
  return dues.length === 0 ? null : Math.min(...dues);
}

type WindowPlace = Pick<WindowRow, 'flow' | 'key'>;

/** The order of windows. */
export function compareWindows(a: WindowPlace, b: WindowPlace): number {
  return compare(a.flow, b.flow) || compare(a.key, b.key);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What a transition changes, and nothing that its caller holds beside. */
export function columnsOf({
  state,
  at,
  attempt,
  due,
  epoch,
  crashes,
  ended,
  reason,
}: RunColumns): RunColumns {
  return { state, at, attempt, due, epoch, crashes, ended, reason };
}
