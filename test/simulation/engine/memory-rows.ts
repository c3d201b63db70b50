import {
  type OpenRuns,
  OPEN_STATES,
  type OpenState,
  type RunColumns,
  type RunRow,
} from '../../../src/store/contract.ts';

/** A run that has not ended. */
export type OpenRow = RunRow & { readonly state: OpenState };

export function isOpen(row: RunRow): row is OpenRow {
  return OPEN_STATES.some((state) => state === row.state);
}

export function counted(rows: readonly OpenRow[]): OpenRuns {
  const counts = { queued: 0, running: 0, waiting: 0, paused: 0 };
  for (const { state } of rows) counts[state]++;
  return counts;
}

export function earliest(rows: readonly OpenRow[], state: OpenState): number | null {
  const dues = rows.flatMap((row) => (row.state === state && row.due !== null ? row.due : []));
  return dues.length === 0 ? null : Math.min(...dues);
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
