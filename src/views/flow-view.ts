import type { Flow, Step } from '../flows/flow.ts';

/** A flow as people and programs see it. */
export interface FlowView {
  readonly name: string;
  /** What starts it; empty for a handler, which its source names. */
  readonly on: readonly TriggerView[];
  readonly steps: readonly FlowStepView[];
}

export interface FlowStepView {
  readonly id: string;
  /** What it does, or `if` for a choice. */
  readonly kind: string;
  readonly name?: string;
  /** The condition under which it is done, or that decides between `then` and `else`. */
  readonly if?: string;
  readonly then?: readonly FlowStepView[];
  readonly else?: readonly FlowStepView[];
}

export interface TriggerView {
  readonly event: string;
  readonly source?: string;
  readonly subject?: string;
  readonly where?: string;
}

/** What a flow answers and does, without the contents of its steps. */
export function viewFlow({ name, triggers, steps }: Flow): FlowView {
  return {
    name,
    on: triggers.map(({ pattern: { event, source, subject }, where }) => ({
      event,
      ...(source === undefined ? {} : { source }),
      ...(subject === undefined ? {} : { subject }),
      ...(where === undefined ? {} : { where: where.text }),
    })),
    steps: steps.map(viewStep),
  };
}

function viewStep({ id, kind, name, guard, choice }: Step): FlowStepView {
  const condition = choice?.condition ?? guard;
  return {
    id,
    kind,
    ...(name === undefined ? {} : { name }),
    ...(condition === undefined ? {} : { if: condition.text }),
    ...(choice && { then: choice.then.map(viewStep), else: choice.else.map(viewStep) }),
  };
}
