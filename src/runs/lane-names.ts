/** No key ends like this: keys are written as a JSON list. */
const BRANCHES = ' /';

/**
 * The lane of a fork's branches. They keep no limits but the number of slots, and wait for these
 * however long it takes: what their flow's runs may do is decided for the run that they are a part
 * of.
 */
export function branchLane(flow: string): string {
  return `${flow}${BRANCHES}`;
}

/** Whether it is the lane of a fork's branches, which are parts of a run and no runs. */
export function isBranchLane(lane: string): boolean {
  return lane.endsWith(BRANCHES);
}
