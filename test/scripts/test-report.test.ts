import { describe, expect, test } from 'vitest';
import { countReport, summaryLine } from '../../scripts/test-report.mjs';

const loaded = { status: 'passed', assertionResults: [{}] };
const unloaded = { status: 'failed', assertionResults: [] };
const green = { numPassedTests: 3, numFailedTests: 0, testResults: [loaded] };

describe('the count of a run', () => {
  test('is that of its tests', () => {
    expect(countReport(green, true)).toEqual({ passed: 3, failed: 0 });
    expect(countReport({ ...green, numFailedTests: 2 }, false)).toEqual({ passed: 3, failed: 2 });
  });

  test('has a failure for each file that could not be loaded', () => {
    const report = { ...green, testResults: [loaded, unloaded, unloaded] };
    expect(countReport(report, false)).toEqual({ passed: 3, failed: 2 });
  });

  test('has a failure where all tests passed and the run failed, as by its coverage', () => {
    expect(countReport(green, false)).toEqual({ passed: 3, failed: 1 });
  });

  test('has a failure where nothing was reported', () => {
    expect(countReport(undefined, true)).toEqual({ passed: 0, failed: 1 });
  });
});

test('the last line is for machines', () => {
  expect(summaryLine({ passed: 12, failed: 0 })).toBe('12 passed, 0 failed');
});
