import { isObject, type Json } from '../std/json.ts';
import { compileExpression, jsonValue } from './cel/expression.ts';
import type { Names } from './names.ts';
import type { Compiled } from './problem.ts';
import type { Scope } from './scope.ts';

/** A CEL expression whose value tells events apart, such as `event.data.repository`. */
export interface Key {
  readonly text: string;
  /**
   * The value as text, whole: a text as it is, all else as JSON, so that null is `null`. Equal
   * values have the same text.
   *
   * @throws SignalboxError `expression.failed` where the expression has no value, as for an event
   *   that lacks the field, or one that JSON has no form for.
   */
  of(scope: Scope): string;
}

/** Compiles a key for a place with these names. Never throws. */
export function compileKey(text: string, names: Names): Compiled<Key> {
  const compiled = compileExpression(text, names);
  if (compiled.kind === 'refused') return compiled;
  const expression = compiled.value;
  const of = (scope: Scope): string => {
    const value = jsonValue(expression, scope);
    return typeof value === 'string' ? value : JSON.stringify(value, inOrder);
  };
  return { kind: 'compiled', value: { text, of } };
}

/** Objects that differ only in the order of their fields are equal to CEL, and so to us. */
function inOrder(_: string, value: Json): Json {
  if (!isObject(value)) return value;
  const fields = Object.entries(value).toSorted(([a], [b]) => Number(a > b) - Number(a < b));
  return Object.fromEntries(fields);
}
