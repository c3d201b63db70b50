import type { RunColumns, WindowRow } from '../../../src/store/contract.ts';

/** The name of a window. */
export type WindowPlace = Pick<WindowRow, 'flow' | 'key'>;

/** By flow and key. */
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
