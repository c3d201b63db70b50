import { clausesOf } from './cel/clauses.ts';
import { compileCondition, type Condition } from './condition.ts';
import type { Names } from './names.ts';
import { formatPath, type Path, readPath } from './path.ts';
import type { Scope } from './scope.ts';

/** What stands at a path that a condition reads. */
export interface Observation {
  readonly path: string;
  /** As JSON, cut where it is long; null where nothing stands there. */
  readonly value: string | null;
}

/** How many paths of one condition are looked at. */
const OBSERVATIONS_MAX = 16;
/** How many characters of a value are shown. */
export const VALUE_LENGTH_MAX = 200;

/** The values that a condition saw, each path once. Never throws. */
export function observe(condition: Condition, scope: Scope): Observation[] {
  const paths = new Map(condition.reads?.().map((path) => [formatPath(path), path]));
  return [...paths]
    .slice(0, OBSERVATIONS_MAX)
    .map(([text, path]) => ({ path: text, value: valueAt(path, scope) }));
}

/**
 * Which of the parts that a condition joins by `&&` are false; none where it has only one part, or
 * another form. Never throws.
 */
export function falseClauses({ text }: Condition, names: Names, scope: Scope): string[] {
  const clauses = clausesOf(text);
  return clauses.length === 1 ? [] : clauses.filter((clause) => isFalse(clause, names, scope));
}

function isFalse(clause: string, names: Names, scope: Scope): boolean {
  const compiled = compileCondition(clause, names);
  if (compiled.kind === 'refused') return false;
  try {
    return !compiled.value.test(scope);
  } catch {
    return false;
  }
}

function valueAt(path: Path, scope: Scope): string | null {
  try {
    return cut(JSON.stringify(readPath(path, scope)));
  } catch {
    return null;
  }
}

function cut(text: string): string {
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text;
}
