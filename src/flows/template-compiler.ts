import { SignalboxError } from '../std/errors.ts';
import type { Json } from '../std/json.ts';
import { compileExpression, jsonValue } from './cel/expression.ts';
import { type Names, pathProblem } from './names.ts';
import { readPath } from './path.ts';
import type { Problem } from './problem.ts';
import type { Scope } from './scope.ts';
import { bareHints, braceHints, type Hint } from './template-hints.ts';
import { scanTemplate, type TemplatePart } from './template-scanner.ts';
import { joinParts } from './template-text.ts';
import type { Template } from './template.ts';
import type { VariableReference, Variables } from './variables.ts';

/** How long a text may be in which templates are looked for, in characters. */
export const TEMPLATE_LENGTH_MAX = 65_536;

/** What a template may name at its place, and what its variables stand for. */
export interface TemplateContext {
  readonly names: Names;
  readonly variables: Variables;
}

/** A compiled text: a template, or the text itself where nothing in it stands for a value. */
export interface CompiledText {
  readonly value: Template | string;
  /**
   * Where any but a hint is there, `value` must not be used; an unset variable only fails what
   * needs it.
   */
  readonly problems: readonly (Problem | Hint)[];
}

/** Compiles a text as written in a file. Never throws. */
export function compileText(text: string, context: TemplateContext): CompiledText {
  const { names } = context;
  if (!text.includes('{')) return { value: text, problems: bareHints(text, names) };
  if (text.length > TEMPLATE_LENGTH_MAX) {
    const length = `${text.length} characters, over ${TEMPLATE_LENGTH_MAX}`;
    const message = `this text with braces has ${length}; put it into a file`;
    return { value: text, problems: [{ code: 'template.invalid', message }] };
  }
  const parts = scanTemplate(text);
  const segments = parts.map((part) => compilePart(part, context));
  const wrong = segments.flatMap((segment) => segment.problems);
  const problems = [...wrong, ...braceHints(parts, names)];
  if (segments.every(({ literal }) => literal !== undefined)) {
    return { value: segments.map(({ literal }) => literal).join(''), problems };
  }
  return { value: templateOf(text, segments), problems };
}

/** A part that is ready: a literal text, or something that makes a value. */
interface Segment {
  readonly literal?: string;
  readonly problems: readonly Problem[];
  valueIn(scope: Scope): Json;
}

function templateOf(text: string, segments: readonly Segment[]): Template {
  const [first, ...others] = segments;
  const render =
    first !== undefined && others.length === 0
      ? (scope: Scope) => first.valueIn(scope)
      : (scope: Scope) => joinParts(segments.map((segment) => segment.valueIn(scope)));
  return { kind: 'template', text, render };
}

function compilePart(part: TemplatePart, { names, variables }: TemplateContext): Segment {
  switch (part.kind) {
    case 'text':
      return { literal: part.text, problems: [], valueIn: () => part.text };
    case 'path': {
      const braces = ` (to keep braces as text, write \\{${part.path[0]}})`;
      const problem = pathProblem(part.path, names, braces);
      const problems = problem === undefined ? [] : [problem];
      return { problems, valueIn: (scope) => readPath(part.path, scope) };
    }
    case 'expression':
      return compileValue(part.text, names);
    case 'variable':
      return resolve(part.reference, { names, variables });
    case 'unclosed': {
      const message = `nothing closes "${part.text}"; add "}}", or write "\\\${{" for the text`;
      return broken([{ code: 'template.invalid', message }]);
    }
  }
}

function compileValue(text: string, names: Names): Segment {
  const compiled = compileExpression(text, names);
  if (compiled.kind === 'refused') return broken(compiled.problems);
  return { problems: [], valueIn: (scope) => jsonValue(compiled.value, scope) };
}

/** The value is kept here and nowhere in the tree, so that what prints a flow prints no secret. */
function resolve(reference: VariableReference, { names, variables }: TemplateContext): Segment {
  const variable = variables(reference);
  if (variable.kind === 'value') return { problems: [], valueIn: () => variable.value };
  const name = reference.kind === 'environment' ? reference.name : '';
  const hint = names.known.includes(name) ? ` (for the event's value, write \${{ ${name} }})` : '';
  return broken([{ code: 'config.unset', message: `${variable.message}${hint}` }]);
}

/** A segment without a value: what needs it fails, and says why. */
function broken(problems: readonly Problem[]): Segment {
  const [first] = problems;
  const valueIn = (): never => {
    throw new SignalboxError('config.unset', `A template has no value: ${first?.message}.`);
  };
  return { problems, valueIn };
}
