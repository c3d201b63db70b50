import { AUTONOMY_LEVELS, type Autonomy } from '../flows/flow.ts';

/** The level where nobody says another one. */
export const AUTONOMY_DEFAULT: Autonomy = 2;

/** What a level means, in one sentence. */
export const AUTONOMY_MEANINGS: Readonly<Record<Autonomy, string>> = {
  0: 'observe: what acts is recorded, and not done',
  1: 'propose: a person says yes to each step that acts',
  2: 'automatic below the risk threshold, which is where a person is asked',
  3: 'automatic, but for written gates and policies',
};

/** What says how autonomous a flow is. */
export interface AutonomySources {
  /** What the configuration says for all flows. */
  readonly written: Autonomy | undefined;
  /** What a person has set for all flows, by command: no flow has more. */
  readonly set: Autonomy | undefined;
  /** What the flow's file says, as its run is pinned to it and as it is in force. */
  readonly flowWritten: readonly (Autonomy | undefined)[];
  /** What a person has set for the flow. */
  readonly flowSet: Autonomy | undefined;
  /** Whether the flow has failed too often by itself, and asks until it succeeds. */
  readonly fallen: boolean;
}

/** The level of a flow, and what makes it that one. */
export interface FlowAutonomy {
  readonly level: Autonomy;
  /** Whose word counts: a command, a file, failures, or nobody's. */
  readonly from: 'set' | 'written' | 'failures' | 'default';
}

/**
 * The level of a flow. What a person has set for it counts before what its file says, and that
 * before what is said for all flows; where pinned and current file differ, the lower one. The level
 * that is set for all is also the most that any flow has, and so is 1 after failures.
 */
export function autonomyOf(sources: AutonomySources): FlowAutonomy {
  const { written, set, flowWritten, flowSet, fallen } = sources;
  const own = lowest(flowWritten);
  const base: FlowAutonomy =
    flowSet !== undefined
      ? { level: flowSet, from: 'set' }
      : own !== undefined
        ? { level: own, from: 'written' }
        : set !== undefined
          ? { level: set, from: 'set' }
          : written !== undefined
            ? { level: written, from: 'written' }
            : { level: AUTONOMY_DEFAULT, from: 'default' };
  const capped: FlowAutonomy =
    set !== undefined && set < base.level ? { level: set, from: 'set' } : base;
  return fallen && capped.level > 1 ? { level: 1, from: 'failures' } : capped;
}

function lowest(levels: readonly (Autonomy | undefined)[]): Autonomy | undefined {
  return AUTONOMY_LEVELS.find((level) => levels.includes(level));
}

/** Reads a level as a person writes it; undefined for anything else. */
export function readAutonomy(text: string): Autonomy | undefined {
  return AUTONOMY_LEVELS.find((level) => String(level) === text);
}
