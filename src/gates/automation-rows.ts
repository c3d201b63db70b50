import { AUTONOMY_LEVELS, type Autonomy } from '../flows/flow.ts';
import type { CursorRow, CursorWrite } from '../store/contract.ts';

/** Where it is kept: rows beside those of the sources, whose names hold a `:` behind their type. */
export const AUTOMATION_ROWS = 'signalbox:automation';

/** A level that a person has set. */
export interface SetLevel {
  readonly level: Autonomy;
  readonly by: string;
  /** In engine time. */
  readonly since: number;
}

/** A flow whose runs have failed one after the other. */
export interface Failing {
  /** The ids of the last of them, oldest first. */
  readonly runs: readonly number[];
}

/** A flow that asks, since it has failed too often by itself. */
export interface Fallen extends Failing {
  readonly flow: string;
  /** In engine time. */
  readonly since: number;
  /** Where the last of its runs failed, and why. */
  readonly step: string;
  readonly error: { readonly code: string; readonly message: string };
  /** The proposal that asks a person whether it may go on by itself. */
  readonly question?: number;
}

/** What rows say, by their kinds. */
export interface AutomationState {
  /** What is set for all flows. */
  all: SetLevel | undefined;
  readonly flows: Map<string, SetLevel>;
  readonly failing: Map<string, Failing>;
  readonly fallen: Map<string, Fallen>;
}

/** Reads the rows; one that this version cannot read is left out. */
export function readAutomation(rows: readonly CursorRow[]): AutomationState {
  const state: AutomationState = {
    all: undefined,
    flows: new Map(),
    failing: new Map(),
    fallen: new Map(),
  };
  for (const { key, value } of rows) {
    const at = key.indexOf(':');
    const name = key.slice(at + 1);
    const row: unknown = JSON.parse(value);
    if (key === 'all' && isLevel(row)) state.all = row;
    else if (key.startsWith('flow:') && isLevel(row)) state.flows.set(name, row);
    else if (key.startsWith('failing:')) state.failing.set(name, row as Failing);
    else if (key.startsWith('fallen:')) state.fallen.set(name, row as Fallen);
  }
  return state;
}

function isLevel(row: unknown): row is SetLevel {
  const level = (row as Partial<SetLevel> | null)?.level;
  return AUTONOMY_LEVELS.some((known) => known === level);
}

/** A row of one kind for a flow; `null` forgets it. */
export function automationRow(
  kind: 'flow' | 'failing' | 'fallen',
  flow: string,
  value: object | null,
): CursorWrite {
  return rowOf(`${kind}:${flow}`, value);
}

/** The row of what is set for all flows. */
export function levelRow(value: SetLevel | null): CursorWrite {
  return rowOf('all', value);
}

function rowOf(key: string, value: object | null): CursorWrite {
  const text = value === null ? null : JSON.stringify(value);
  return { source: AUTOMATION_ROWS, key, value: text };
}
