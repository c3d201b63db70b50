import type { Flow, Fork, Step } from '../flows/flow.ts';
import { type LimitsView, viewLimits } from './limits-view.ts';

/** A flow as people and programs see it. */
export interface FlowView extends LimitsView {
  readonly name: string;
  /** What starts it; empty for a handler, which its source names. */
  readonly on: readonly TriggerView[];
  readonly steps: readonly FlowStepView[];
  /** What is done when a run has failed. */
  readonly on_failure?: readonly FlowStepView[];
}

/** A step of a flow, with the steps inside it. */
export interface FlowStepView {
  readonly id: string;
  /** What it does, or `if` for a choice; `parallel`, `each` or `call` where others do it. */
  readonly kind: string;
  readonly name?: string;
  /** The condition under which it is done, or that decides between `then` and `else`. */
  readonly if?: string;
  readonly then?: readonly FlowStepView[];
  readonly else?: readonly FlowStepView[];
  /** The branches of a `parallel`. */
  readonly parallel?: readonly FlowStepView[];
  /** What an `each` calls its item, what is done for each, and for how many at once. */
  readonly as?: string;
  readonly do?: readonly FlowStepView[];
  readonly concurrency?: number;
  /** The flow that is called, whether its end is waited for, and what becomes of it after ours. */
  readonly call?: string;
  readonly detach?: boolean;
  readonly close?: 'cancel' | 'abandon';
}

/** What starts a flow: the pattern that an event must fit, and the condition. */
export interface TriggerView {
  readonly event: string;
  readonly source?: string;
  readonly subject?: string;
  readonly where?: string;
  readonly own?: boolean;
}

/** What a flow answers and does, without the contents of its steps. */
export function viewFlow(flow: Flow): FlowView {
  const { name, triggers, steps, onFailure } = flow;
  return {
    name,
    on: triggers.map(({ pattern: { event, source, subject }, where, own }) => ({
      event,
      ...(source === undefined ? {} : { source }),
      ...(subject === undefined ? {} : { subject }),
      ...(where === undefined ? {} : { where: where.text }),
      ...(own === undefined ? {} : { own }),
    })),
    ...viewLimits(flow),
    steps: steps.map(viewStep),
    ...(onFailure && { on_failure: onFailure.map(viewStep) }),
  };
}

function viewStep({ id, kind, name, guard, choice, fork }: Step): FlowStepView {
  const condition = choice?.condition ?? guard;
  return {
    id,
    kind,
    ...(name === undefined ? {} : { name }),
    ...(condition === undefined ? {} : { if: condition.text }),
    ...(choice && { then: choice.then.map(viewStep), else: choice.else.map(viewStep) }),
    ...(fork && viewFork(fork)),
  };
}

function viewFork(fork: Fork): Partial<FlowStepView> {
  switch (fork.kind) {
    case 'parallel':
      return { parallel: fork.steps.map(viewStep) };
    case 'each':
      return { as: fork.as, concurrency: fork.concurrency, do: fork.do.map(viewStep) };
    case 'call':
      return { call: fork.flow, detach: fork.detach, close: fork.close };
  }
}
