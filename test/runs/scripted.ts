import type { Template } from '../../src/flows/template.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import type { Act } from './workshop.ts';

export const done: StepResult = { kind: 'done', output: 'ok' };

/** It did not happen, and may another time. */
export const refused: Extract<StepResult, { kind: 'retry' }> = {
  kind: 'retry',
  error: { code: 'x', message: 'not now', happened: 'no' },
};

/** It may have happened. */
export const lost: StepResult = {
  kind: 'retry',
  error: { code: 'x', message: 'no answer', happened: 'maybe' },
};

/** The target says that it did not happen. */
export const denied: StepResult = {
  kind: 'fail',
  error: { code: 'x', message: 'not there', happened: 'no', answered: true },
};

/** A step's answers, one after the other and the last again and again, and what it was given. */
export function scripted(...results: readonly StepResult[]): {
  readonly calls: StepContext[];
  readonly act: Act;
} {
  const calls: StepContext[] = [];
  return {
    calls,
    act: async (context) => {
      const result = results[Math.min(calls.length, results.length - 1)] ?? done;
      const { event, signal, spent } = context;
      calls.push({ ...context, event, signal, spent });
      return result;
    },
  };
}

/** Steps that end when the test says so. */
export function held(): {
  readonly act: Act;
  readonly calls: StepContext[];
  /** Ends the steps of this run, or all. */
  readonly release: (run?: string) => void;
} {
  const calls: StepContext[] = [];
  const ends = new Map<string, () => void>();
  return {
    calls,
    act: (context) => {
      calls.push(context);
      return new Promise((resolve) => ends.set(context.run, () => resolve(done)));
    },
    release: (run) => {
      for (const [name, end] of ends) if (run === undefined || run === name) end();
    },
  };
}

/** A template that is the value of this name. */
export function names(name: string): Template {
  return { kind: 'template', text: `{${name}}`, render: (scope) => scope.get(name) ?? null };
}
