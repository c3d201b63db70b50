// @ts-check
// What vitest's JSON report says, counted.

/**
 * @typedef {{ passed: number; failed: number }} Counts
 *
 * @typedef {{
 *   numPassedTests: number;
 *   numFailedTests: number;
 *   testResults: { status: string; assertionResults: unknown[] }[];
 * }} Report
 */

/**
 * The counts of one run of vitest. A file that could not be loaded counts as one failure, and so
 * does a run that failed beside its tests: by its coverage, by an error outside of any test, or by
 * writing no report at all.
 *
 * @param {Report | undefined} report
 * @param {boolean} succeeded whether vitest ended with 0
 * @returns {Counts}
 */
export function countReport(report, succeeded) {
  if (report === undefined) return { passed: 0, failed: 1 };
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const failed = report.numFailedTests + unloaded.length;
  return { passed: report.numPassedTests, failed: failed === 0 && !succeeded ? 1 : failed };
}

/**
 * The last line of `npm test`.
 *
 * @param {Counts} total
 */
export function summaryLine({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}
