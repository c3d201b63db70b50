import type { Flow, Step } from '../flows/flow.ts';
import { isObject, type Json } from '../std/json.ts';

/** A flow as people and programs see it. */
export interface FlowView {
  readonly name: string;
  /** What starts it; empty for a handler, which its source names. */
  readonly on: readonly TriggerView[];
  readonly steps: readonly FlowStepView[];
  /** What bounds its runs; conditions and templates as they are written. */
  readonly limits: { readonly [name: string]: Json };
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
export function viewFlow({ name, triggers, steps, ...further }: Flow): FlowView {
  return {
    name,
    on: triggers.map(({ pattern: { event, source, subject }, where }) => ({
      event,
      ...(source === undefined ? {} : { source }),
      ...(subject === undefined ? {} : { subject }),
      ...(where === undefined ? {} : { where: where.text }),
    })),
    steps: steps.map(viewStep),
    limits: viewLimits(further),
  };
}

/** Whatever else a flow has, but further lists: those are of steps. */
function viewLimits(further: object): FlowView['limits'] {
  const limits = Object.entries(further).filter(([, value]) => !Array.isArray(value));
  const text = JSON.stringify(Object.fromEntries(limits), (_, value: unknown) =>
    writtenText(value),
  );
  return JSON.parse(text) as FlowView['limits'];
}

/** A condition or a template as its text: what has a function beside a text is one. */
function writtenText(value: unknown): unknown {
  if (!isObject(value)) return value;
  const isCompiled = Object.values(value).some((held) => typeof held === 'function');
  return isCompiled ? value['text'] : value;
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
