import type { ZodObject, ZodType } from 'zod';
import type { Effect } from '../../flows/flow.ts';
import type { ToolRisk } from '../../flows/tool.ts';
import type { Proposed } from '../../gates/content.ts';
import type { ProposedCall, StepContext, StepResult } from '../../runs/step-kind.ts';
import type { Json } from '../../std/json.ts';

/** One thing that a tool can do, for whoever only reads flows. */
export interface ActionShape {
  /** What it does, in a sentence. */
  readonly summary: string;
  /** The arguments that it takes, their templates filled in. Strict: an unknown one is an error. */
  readonly input: ZodObject;
  readonly output: ZodType;
  /** What to do about a call that may or may not have happened. */
  readonly effect: Effect;
  readonly risk: ToolRisk;
  /** How long one call may take, where it is another time than other tools get. */
  readonly timeoutMs?: number;
  /** Names under which later steps find its result where its step gives it none. */
  readonly usualNames?: readonly string[];
  /** What the arguments of a step are, where some that it does not write stand for themselves. */
  readonly complete?: (written: Arguments) => Arguments;
}

export interface Arguments {
  readonly [name: string]: unknown;
}

/** What a tool is called and what it can do. */
export interface ToolShape {
  readonly name: string;
  readonly summary: string;
  /** Further names that flows may call it by. */
  readonly aliases: readonly string[];
  /** The events that it answers by itself, and the types of those that it may emit. */
  readonly on?: readonly string[] | undefined;
  readonly emits?: readonly string[] | undefined;
  /** At least one, by name. A tool that has only one need not be told which. */
  readonly actions: { readonly [action: string]: ActionShape };
}

/**
 * Something that a run can use: it is given typed arguments, acts, and says what came of it.
 *
 * Like a step it sees a `StepContext` and never the run; what it throws counts as `retry`.
 */
export interface Tool {
  readonly shape: ToolShape;
  /** What a call would do, where more can be said than its arguments. Changes nothing. */
  propose?(action: string, call: ProposedCall, input: Json): Promise<Proposed | undefined>;
  /** `input` is what the action's schema made of the arguments. */
  run(action: string, context: StepContext, input: Json): Promise<StepResult>;
}
