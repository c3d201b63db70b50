/** How many flows of a ring a message names. */
const SHOWN_MAX = 12;

/** Flows that lead to each other, as people read it: `a -> b -> a`. */
export function showRing(flows: readonly string[]): string {
  if (flows.length <= SHOWN_MAX) return flows.join(' -> ');
  const shown = flows.slice(0, SHOWN_MAX - 2);
  return [...shown, `${flows.length - shown.length - 1} more`, ...flows.slice(-1)].join(' -> ');
}
