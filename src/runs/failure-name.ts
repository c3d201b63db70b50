import type { FailureName, RetryPolicy } from '../flows/flow.ts';
import type { StepError } from './step-kind.ts';

/** Whether a failure is one that a user has named. */
export function isNamed(names: readonly FailureName[], error: StepError): boolean {
  return names.some((name) => matches(name, error));
}

/**
 * Whether a policy allows that a failure is retried which its step holds for passing: never what
 * `never_on` names, and nothing but what `retry_on` names where it is written.
 */
export function mayRetry({ retryOn, neverOn }: RetryPolicy, error: StepError): boolean {
  if (neverOn !== undefined && isNamed(neverOn, error)) return false;
  return retryOn === undefined || isNamed(retryOn, error);
}

function matches(name: FailureName, { code, status }: StepError): boolean {
  if (typeof name === 'number') return status === name;
  if (name.endsWith('*')) return code.startsWith(name.slice(0, -1));
  const [, digit] = /^([1-5])xx$/.exec(name) ?? [];
  if (digit !== undefined)
    return status !== undefined && Math.floor(status / 100) === Number(digit);
  return code === name;
}
