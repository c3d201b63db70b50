import type { TimePattern } from '../flows/time-pattern.ts';

/**
 * The key of a pattern's window: no other kind of window has such a one, so that a flow that
 * gathers events from now on does not find the windows of the pattern that it had.
 */
export function patternKey({ kind }: Pick<TimePattern, 'kind'>, key: string): string {
  return JSON.stringify([kind, key]);
}
