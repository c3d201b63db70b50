import type { Scope } from './scope.ts';

/** A CEL expression, parsed and guarded when the configuration was loaded. */
export interface Condition {
  readonly text: string;
  /** @throws SignalboxError `expression.failed` where the expression has no boolean value. */
  test(scope: Scope): boolean;
}
