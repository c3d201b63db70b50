import type { Flow, ForkStep } from '../../flows/flow.ts';
import type { Scope } from '../../flows/scope.ts';
import { render } from '../../flows/template.ts';
import { messageOf } from '../../std/errors.ts';
import type { Json } from '../../std/json.ts';
import type { LogIdentity } from '../../store/contract.ts';
import { failure } from '../attempt.ts';
import { itemsOf } from '../branch-items.ts';
import type { StepError } from '../step-kind.ts';
import type { AtStep } from './stand.ts';

/** The definitions by which runs go. */
export interface Side {
  readonly identity: LogIdentity;
  flow(name: string): Flow | undefined;
}

/** What a fork leaves to other runs. */
export interface LeftTo {
  /** What each branch is for; one `null` for a call. */
  readonly items: readonly Json[];
  /** What the flow that it calls is given. */
  readonly data: Json;
}

type Given = Pick<AtStep, 'input' | 'problem'>;

/** The same as it is shown; `error` where it cannot be opened. */
export function leftTo(
  step: ForkStep,
  scope: Scope,
  side: Side,
): LeftTo & Given & { readonly error?: StepError } {
  const { fork } = step;
  let items: readonly Json[] = [null];
  const given = filled(() => {
    if (fork.kind === 'call') return { call: fork.flow, data: render(fork.data, scope) };
    items = itemsOf(step, fork, scope);
    return fork.kind === 'parallel' ? fork.steps.map(({ id }) => id) : items;
  });
  const { input, problem } = given;
  const data = fork.kind === 'call' ? ((input as { data?: Json } | null)?.data ?? null) : null;
  const left = { items, data, input };
  if (problem !== undefined)
    return { ...left, problem, error: failure('template.undefined', problem).error };
  if (fork.kind !== 'call' || side.flow(fork.flow) !== undefined) return left;
  const message = `There is no flow "${fork.flow}" in the catalog of this run.`;
  return { ...left, problem: message, error: failure('call.unknown', message).error };
}

/** What templates give, or why they give nothing. */
export function filled(make: () => Json): Given {
  try {
    return { input: make() };
  } catch (error) {
    return { input: null, problem: messageOf(error) };
  }
}
