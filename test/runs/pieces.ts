import { DEFAULT_RETRY, type Flow, type Step } from '../../src/flows/flow.ts';
import type { Run } from '../../src/runs/evolve.ts';

/** A step of kind `act`, as a user would have written it. */
export function stepOf(fields: Partial<Step> = {}): Step {
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
    ...fields,
  };
}
