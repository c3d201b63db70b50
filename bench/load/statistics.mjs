// @ts-check

/**
 * The value below which the share `p` of the values lies.
 *
 * @param {readonly number[]} values at least one
 * @param {number} p between 0 and 1
 */
export function percentile(values, p) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
}

/** @param {readonly number[]} values at least one */
export function median(values) {
  return percentile(values, 0.5);
}
