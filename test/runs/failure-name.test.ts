import { expect, test } from 'vitest';
import type { FailureName } from '../../src/flows/flow.ts';
import { mayRetry } from '../../src/runs/failure-name.ts';
import type { StepError } from '../../src/runs/step-kind.ts';
import { DEFAULT_RETRY } from '../../src/flows/flow.ts';

const timeout: StepError = { code: 'step.timeout', message: 'too late', happened: 'maybe' };
const busy: StepError = { code: 'http.status', message: 'busy', happened: 'no', status: 503 };
const exit: StepError = { code: 'run.failed', message: 'exited', happened: 'no', status: 75 };

test.each<[string, readonly FailureName[], StepError, boolean]>([
  ['a code', ['step.timeout'], timeout, true],
  ['another code', ['step.threw'], timeout, false],
  ['a prefix of codes', ['http.*'], busy, true],
  ['another prefix', ['http.*'], timeout, false],
  ['a status', [503], busy, true],
  ['an exit code', [75], exit, true],
  ['another exit code', [65], exit, false],
  ['a class of statuses', ['5xx'], busy, true],
  ['another class', ['4xx'], busy, false],
  ['a class, of what has no status', ['5xx'], timeout, false],
  ['one of several', ['4xx', 75, 'step.timeout'], timeout, true],
  ['nothing', [], busy, false],
])('a failure is named by %s', (_, names, error, named) => {
  expect(mayRetry({ ...DEFAULT_RETRY, retryOn: names }, error)).toBe(named);
  expect(mayRetry({ ...DEFAULT_RETRY, neverOn: names }, error)).toBe(!named);
});

test('without names every failure that may pass is retried, and never beats retry', () => {
  expect(mayRetry(DEFAULT_RETRY, busy)).toBe(true);
  expect(mayRetry({ ...DEFAULT_RETRY, retryOn: ['5xx'], neverOn: [503] }, busy)).toBe(false);
});
