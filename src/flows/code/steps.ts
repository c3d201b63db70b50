import { isTakenName } from '../names.ts';
import { valueNameSchema } from '../parse/step-options.ts';
import type { Document, Written } from './document.ts';

/** A step as a file would hold it: a mapping with one kind. */
export type StepDefinition = Document;

/** What a step may say beside what it does: the same keys as in a file. */
export interface StepSettings extends Document {
  readonly name?: string;
  /** CEL: where it is false, the step is passed over. */
  readonly if?: string;
  /** The name of its result. The step's id where it is left out and can be one. */
  readonly output?: string;
  /** Such as `30s`. */
  readonly timeout?: string;
  readonly effect?: 'idempotent' | 'verify' | 'ask';
  readonly on_error?: 'fail' | 'continue' | 'escalate';
}

/**
 * Writes steps. Each method gives the mapping that a file would hold, so a flow in code is the same
 * tree as one in YAML, with the same checks. Where a method takes an `id`, later steps also find
 * the result under it, as in `{notes}`.
 */
export interface StepWriter {
  /** Runs a program; no shell reads its arguments. */
  run(id: string, command: string | readonly Written[], settings?: StepSettings): StepDefinition;
  /** Uses a tool: `action` stands among the settings where the tool has several. */
  tool(id: string, tool: string, given?: Document, settings?: StepSettings): StepDefinition;
  /** Sends a request: `{ url, method, headers, json, body, expect }`. */
  http(id: string, request: Document, settings?: StepSettings): StepDefinition;
  /** Asks a model. */
  prompt(id: string, text: string, settings?: StepSettings): StepDefinition;
  /** Emits an event of one type, or of several. */
  emit(type: string | readonly string[], data?: Written, settings?: StepSettings): StepDefinition;
  /** Lets time pass, such as `10m`, or waits until a date. */
  sleep(time: string | Document, settings?: StepSettings): StepDefinition;
  /** Has a person say yes first: before `step`, or by itself. */
  gate(id: string, gate: Document, step?: StepDefinition): StepDefinition;
  /** Does all of the steps at once. */
  parallel(id: string, steps: readonly StepDefinition[], settings?: StepSettings): StepDefinition;
  /** Does the steps for each item; `as` and `concurrency` stand among the settings. */
  each(
    id: string,
    items: string | readonly Written[],
    steps: readonly StepDefinition[],
    settings?: StepSettings,
  ): StepDefinition;
  /** Chooses between two lists of steps by a condition in CEL. */
  when(
    condition: string,
    then: readonly StepDefinition[],
    otherwise?: readonly StepDefinition[],
  ): StepDefinition;
  /** Runs another flow. */
  call(id: string, flow: string, data?: Written, settings?: StepSettings): StepDefinition;
  /** Any other step, written as in a file. */
  of(step: Document): StepDefinition;
}

/** The one writer: it knows nothing of the flow. */
export const stepWriter: StepWriter = {
  run: (id, command, settings) => ({ ...named(id, settings), run: command, ...settings }),
  tool: (id, tool, given, settings) => ({
    ...named(id, settings),
    tool,
    with: given,
    ...settings,
  }),
  http: (id, request, settings) => ({ ...named(id, settings), http: request, ...settings }),
  prompt: (id, text, settings) => ({ ...named(id, settings), prompt: text, ...settings }),
  emit: (type, data, settings) => ({ emit: type, data, ...settings }),
  sleep: (time, settings) => ({ sleep: time, ...settings }),
  gate: (id, gate, step) => ({ ...step, id, gate }),
  parallel: (id, steps, settings) => ({
    ...named(id, settings),
    parallel: steps,
    ...settings,
  }),
  each: (id, items, steps, settings) => ({
    ...named(id, settings),
    each: items,
    do: steps,
    ...settings,
  }),
  when: (condition, then, otherwise) => ({
    if: condition,
    then,
    else: otherwise,
  }),
  call: (id, flow, data, settings) => ({ ...named(id, settings), call: flow, data, ...settings }),
  of: (step) => step,
};

/** The id, and the same as the name of the result where it can be one. */
function named(id: string, settings: StepSettings | undefined): Document {
  const isName = valueNameSchema.safeParse(id).success && !isTakenName(id);
  return isName && settings?.output === undefined ? { id, output: id } : { id };
}
