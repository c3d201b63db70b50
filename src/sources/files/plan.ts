import type { Globs } from './coverage.ts';

/** What is watched: kept with the rows, so that a later start knows what they stand for. */
export interface WatchPlan extends Globs {
  /** As it was written. */
  readonly path: string;
}

/** Whether two plans watch the same. */
export function isSamePlan(a: WatchPlan, b: WatchPlan): boolean {
  return JSON.stringify(planOf(a)) === JSON.stringify(planOf(b));
}

/** The plan of whatever holds one. */
export function planOf({ path, pattern, ignore, gitignore }: WatchPlan): WatchPlan {
  return { path, pattern, ignore, gitignore };
}

/** Reads the text of a row; undefined where it is none of ours. */
export function readPlan(text: string): WatchPlan | undefined {
  try {
    const { path, pattern, ignore, gitignore = true } = JSON.parse(text) as Partial<WatchPlan>;
    if (path === undefined || pattern === undefined || ignore === undefined) return undefined;
    return { path, pattern, ignore, gitignore };
  } catch {
    return undefined;
  }
}
