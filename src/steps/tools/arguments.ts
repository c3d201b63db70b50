import type { core } from 'zod';
import { suggestion } from '../../std/diagnostics.ts';
import type { FoundAction } from './registry.ts';
import type { Arguments } from './tool.ts';

/** What is wrong with one argument of an action. */
export interface ArgumentProblem {
  /** Where among the arguments. */
  readonly path: string[];
  readonly code: string;
  readonly message: string;
}

/**
 * All that is wrong with the arguments of an action, but for what `isOpen` says of a value that
 * nobody knows yet: that is told when it is known.
 */
export function argumentProblems(
  found: FoundAction,
  written: Arguments,
  isOpen: (value: unknown) => boolean = () => false,
): ArgumentProblem[] {
  const { error } = found.action.input.safeParse(written);
  return (error?.issues ?? [])
    .filter(({ path }) => !isOpen(valueAt(written, path)))
    .flatMap((issue) => problemsOf(issue, found));
}

function problemsOf(issue: core.$ZodIssue, { tool, name, action }: FoundAction): ArgumentProblem[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') {
    return [{ path, code: 'config.invalid', message: issue.message }];
  }
  const known = Object.keys(action.input.shape);
  return issue.keys.map((key) => {
    const meant =
      path.length > 0 ? '' : suggestion(key, known) || `; it has ${known.join(', ') || 'none'}`;
    const message = `${tool.name} ${name} has no such argument${meant}`;
    return { path: [...path, key], code: 'config.unknown_key', message };
  });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let held = value;
  for (const key of path) {
    if (typeof held !== 'object' || held === null) return held;
    held = (held as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return held;
}
