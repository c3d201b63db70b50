import { compileExpression } from './cel/expression.ts';
import type { Names } from './names.ts';
import type { Compiled } from './problem.ts';
import type { Scope } from './scope.ts';

/** A CEL expression whose value tells events apart, such as `event.data.repository`. */
export interface Key {
  readonly text: string;
  /**
   * The value as text: a text as it is, all else as JSON.
   *
   * @throws SignalboxError `expression.failed` where the expression has no value.
   */
  of(scope: Scope): string;
}

/** Compiles a key for a place with these names. Never throws. */
export function compileKey(text: string, names: Names): Compiled<Key> {
  const compiled = compileExpression(text, names);
  if (compiled.kind === 'refused') return compiled;
  const expression = compiled.value;
  const of = (scope: Scope): string => {
    const value = expression.evaluate(scope);
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  return { kind: 'compiled', value: { text, of } };
}
