import type { Condition } from '../../src/flows/condition.ts';
import {
  type ActionStep,
  type CallFork,
  type ChoiceStep,
  DEFAULT_RETRY,
  type EachFork,
  type Flow,
  type ForkStep,
  type Step,
} from '../../src/flows/flow.ts';
import type { Scope } from '../../src/flows/scope.ts';
import type { Template } from '../../src/flows/template.ts';
import type { Run } from '../../src/runs/evolve.ts';
import type { Json } from '../../src/std/json.ts';

/** A step of kind `act`, as a user would have written it. */
export function stepOf(fields: Partial<ActionStep> = {}): ActionStep {
  return {
    id: 'build',
    kind: 'act',
    input: null,
    retry: DEFAULT_RETRY,
    timeoutMs: 60_000,
    effect: 'idempotent',
    ...fields,
  };
}

/** A choice by the payload's `n`: whether it is above zero. */
export function choiceOf(then: readonly Step[], otherwise: readonly Step[] = []): ChoiceStep {
  return { id: 'choice', kind: 'if', choice: { condition: positive, then, else: otherwise } };
}

/** A fork into these steps, all at once. */
export function parallelOf(id: string, ...steps: readonly Step[]): ForkStep {
  return { id, kind: 'parallel', fork: { kind: 'parallel', steps } };
}

/** A branch for each item of the payload's `items`, or of what the template gives. */
export function eachOf(
  id: string,
  steps: readonly Step[],
  fields: Partial<EachFork> & Pick<Partial<ForkStep>, 'onError' | 'output' | 'guard'> = {},
): ForkStep {
  const { onError, output, guard, ...fork } = fields;
  const own = { ...(onError && { onError }), ...(output && { output }), ...(guard && { guard }) };
  return {
    id,
    kind: 'each',
    ...own,
    fork: { kind: 'each', items: payloadItems, as: 'item', do: steps, concurrency: 1, ...fork },
  };
}

const payloadItems: Template = {
  kind: 'template',
  text: '{payload.items}',
  render: (scope) => (scope.get('payload') as { readonly items: Json }).items,
};

/** A call of the flow with this name. */
export function callOf(id: string, flow: string, fields: Partial<CallFork> = {}): ForkStep {
  const fork = {
    kind: 'call',
    flow,
    data: null,
    detach: false,
    close: 'cancel',
    ...fields,
  } as const;
  return { id, kind: 'call', fork };
}

/** Holds where the payload's `n` is above zero; has no value where there is none. */
export const positive: Condition = {
  text: 'payload.n > 0',
  test: (scope) => {
    const { n } = scope.get('payload') as { readonly n?: number };
    if (n === undefined) throw new Error('no such key: n');
    return n > 0;
  },
};

/** A scope with that payload. */
export function scopeOf(payload: Json): Scope {
  return { get: (name) => (name === 'payload' ? payload : undefined) };
}

/** For where no condition may be asked for. */
export function noScope(): Scope {
  throw new Error('nobody asks for names here');
}

/** A flow named `deploy` that does the steps. */
export function flowOf(...steps: readonly Step[]): Flow {
  return { name: 'deploy', triggers: [{ pattern: { event: 'pushed' } }], steps };
}

/** A run of `deploy` that is under way with its first step, begun once. */
export function runOf(fields: Partial<Run> = {}): Run {
  return {
    flow: 'deploy',
    catalog: 'c1',
    event: 1,
    correlation: 'root',
    hops: 1,
    started: 1_000,
    state: 'running',
    at: '0',
    attempt: 1,
    due: null,
    epoch: 3,
    crashes: 0,
    ended: null,
    reason: null,
    lane: 'deploy',
    parent: null,
    fork: null,
    branch: null,
    ...fields,
  };
}
