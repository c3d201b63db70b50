/**
 * The lane of a fork's branches. They keep no limits but the number of slots: what their flow's
 * runs may do is decided for the run that they are a part of.
 */
export function branchLane(flow: string): string {
  return `${flow} /`;
}
