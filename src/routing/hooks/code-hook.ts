import type { HookPayload } from './hook.ts';
import type { HookName } from './shape.ts';

/** A hook that is a function of the program that the engine runs in. */
export interface CodeHook {
  readonly name: HookName;
  /** What people know it by. */
  readonly title: string;
  readonly call: (payload: HookPayload) => unknown;
  readonly events: string;
  readonly onFailure: 'open' | 'closed';
  readonly budgetMs: number;
}
