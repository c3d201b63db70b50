import type { Json } from '../std/json.ts';

/**
 * The names that templates and conditions may use, each made only when it is asked for: most flows
 * use few of them, and none costs anything unused.
 */
export interface Scope {
  /** The value of a top-level name such as `event`, `payload` or `steps`; undefined where it has none. */
  get(name: string): Json | undefined;
}

/** The names that every flow knows. The rest of SURFACE's list joins with the parts that define them. */
export const SCOPE_NAMES = ['event', 'payload', 'steps', 'output', 'run', 'flow', 'now'] as const;
