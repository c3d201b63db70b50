import { compileExpression, failed } from './cel/expression.ts';
import type { Names } from './names.ts';
import type { Path } from './path.ts';
import type { Compiled } from './problem.ts';
import type { Scope } from './scope.ts';

/** A CEL expression, parsed and guarded when the configuration was loaded. */
export interface Condition {
  readonly text: string;
  /** The paths whose values decide, in the order in which they are written. */
  reads?(): readonly Path[];
  /** @throws SignalboxError `expression.failed` where the expression has no boolean value. */
  test(scope: Scope): boolean;
}

/** Compiles a condition for a place with these names. Never throws. */
export function compileCondition(text: string, names: Names): Compiled<Condition> {
  const compiled = compileExpression(text, names);
  if (compiled.kind === 'refused') return compiled;
  const expression = compiled.value;
  const test = (scope: Scope): boolean => {
    const value = expression.evaluate(scope);
    if (typeof value === 'boolean') return value;
    throw failed(text, 'it must be true or false, and is neither');
  };
  return { kind: 'compiled', value: { text, reads: () => expression.reads, test } };
}
