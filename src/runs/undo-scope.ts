import type { ActionStep } from '../flows/flow.ts';
import type { Scope } from '../flows/scope.ts';
import { render } from '../flows/template.ts';
import { isObject, type Json } from '../std/json.ts';
import type { Registered } from './saga.ts';

/** What stands for a secret in what a compensation sees of its step's input. */
const SECRET = '[secret]';

/**
 * The names that a compensation may use: those that its step could, as they were when that was
 * begun, and besides `input`, what the step was given, `output`, what it gave, and `happened`,
 * which is true or "unknown". `steps.ID` has the last two as well.
 */
export function undoScope(
  { step, happened, output }: Pick<Registered, 'step' | 'happened' | 'output'>,
  forward: ActionStep,
  scopes: {
    /** What the step itself could name. */
    readonly before: Scope;
    /** The same with what the step has left. */
    readonly after: Scope;
  },
): Scope {
  const { before, after } = scopes;
  return {
    get(name) {
      switch (name) {
        case 'input':
          return inputOf(forward, before);
        case 'output':
          return output;
        case 'happened':
          return happened;
        case 'steps':
          return { ...stepsOf(after), [step]: { output, happened } };
        default:
          return after.get(name);
      }
    },
  };
}

/** What the step was given, rendered anew from what it was rendered from. */
export function inputOf({ kind, input, secrets = [] }: ActionStep, scope: Scope): Json {
  const hidden = Object.fromEntries(secrets.map((name) => [name, SECRET]));
  const given = render(input, { get: (name) => (name === 'secrets' ? hidden : scope.get(name)) });
  // Of a tool, what the tool was given.
  return kind === 'tool' && isObject(given) ? (given['with'] ?? null) : given;
}

function stepsOf(scope: Scope): { readonly [step: string]: Json } {
  const steps = scope.get('steps');
  return isObject(steps) ? steps : {};
}
