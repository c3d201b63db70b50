import {
  type CelInput,
  type CelResult,
  type CelValue,
  isCelError,
  parse,
  plan,
} from '@bufbuild/cel';
import { SignalboxError } from '../../std/errors.ts';
import type { Json } from '../../std/json.ts';
import { type Names, pathProblem } from '../names.ts';
import type { Path } from '../path.ts';
import type { Compiled, Problem } from '../problem.ts';
import type { Scope } from '../scope.ts';
import { Budget } from './budget.ts';
import { environment } from './functions.ts';
import { guard } from './guard.ts';
import { excerpt, explainFailure, explainSyntax } from './messages.ts';
import { fromCelValue, toCelValue } from './value.ts';

/** How long an expression may be, in characters. */
export const EXPRESSION_LENGTH_MAX = 4_096;

/** A CEL expression, parsed, guarded and planned. */
export interface Expression {
  readonly text: string;
  /** The paths that it reads, in the order in which they are written. */
  readonly reads: readonly Path[];
  /** @throws SignalboxError `expression.failed` with the expression and the reason. */
  evaluate(scope: Scope): CelValue;
}

const budget = new Budget();
const env = environment(budget);

/** Compiles a CEL expression, or says everything that is wrong with it. Never throws. */
export function compileExpression(text: string, names: Names): Compiled<Expression> {
  if (text.length > EXPRESSION_LENGTH_MAX) {
    return refused(
      text,
      `it has ${text.length} characters, over ${EXPRESSION_LENGTH_MAX}; split it`,
    );
  }
  try {
    return compile(text, names);
  } catch (error) {
    return refused(text, explainSyntax(text, error));
  }
}

function compile(text: string, names: Names): Compiled<Expression> {
  const parsed = parse(text);
  const { paths, reads, compared, problems: reasons } = guard(parsed.expr, env);
  const unknown = paths.flatMap((path) => {
    const isWord = path.length === 1 && compared.has(path[0]);
    const quotes = isWord ? ` (a text stands in quotes: '${path[0]}')` : '';
    return pathProblem(path, names, quotes) ?? [];
  });
  const problems = [...reasons.map((reason) => problemOf(text, reason)), ...unknown];
  if (problems.length > 0) return { kind: 'refused', problems };
  const mentioned = [...new Set(paths.map(([name]) => name))];
  const program = plan(env, parsed);
  const evaluate = (scope: Scope): CelValue => run({ text, mentioned, program }, scope);
  return { kind: 'compiled', value: { text, reads, evaluate } };
}

function refused(text: string, reason: string): Compiled<Expression> {
  return { kind: 'refused', problems: [problemOf(text, reason)] };
}

function problemOf(text: string, reason: string): Problem {
  const message = `the expression "${excerpt(text)}" is wrong: ${reason}`;
  return { code: 'expression.invalid', message };
}

interface Planned {
  readonly text: string;
  readonly mentioned: readonly string[];
  readonly program: (bindings: Bindings) => CelResult;
}

type Bindings = { [name: string]: CelInput };

function run({ text, mentioned, program }: Planned, scope: Scope): CelValue {
  budget.restart();
  const absent: string[] = [];
  try {
    const bindings: Bindings = {};
    for (const name of mentioned) {
      const value = scope.get(name);
      if (value === undefined) absent.push(name);
      else bindings[name] = toCelValue(value);
    }
    const result = program(bindings);
    if (!isCelError(result)) return result;
    throw result;
  } catch (error) {
    throw failed(text, explainFailure(error, absent), error);
  }
}

/**
 * The expression's value as JSON.
 *
 * @throws SignalboxError `expression.failed`, also where JSON has no form for the value.
 */
export function jsonValue(expression: Expression, scope: Scope): Json {
  const value = expression.evaluate(scope);
  try {
    return fromCelValue(value);
  } catch (error) {
    throw failed(expression.text, (error as Error).message, error);
  }
}

/** The error of an expression that has no value, or none of the kind that is needed. */
export function failed(text: string, reason: string, cause?: unknown): SignalboxError {
  const message = `The expression "${excerpt(text)}" has no value: ${reason}.`;
  const details = { expression: text, reason };
  return new SignalboxError('expression.failed', message, { cause, details });
}
