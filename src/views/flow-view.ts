import type { Flow } from '../flows/flow.ts';

/** A flow as people and programs see it. */
export interface FlowView {
  readonly name: string;
  /** What starts it; empty for a handler, which its source names. */
  readonly on: readonly TriggerView[];
  readonly steps: readonly { readonly id: string; readonly kind: string; readonly name?: string }[];
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
    steps: steps.map((step) => ({
      id: step.id,
      kind: step.kind,
      ...(step.name === undefined ? {} : { name: step.name }),
    })),
  };
}
