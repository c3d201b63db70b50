import { z, type ZodType } from 'zod';
import type { Effect } from '../flows/flow.ts';
import type { ToolRisk } from '../flows/tool.ts';
import type { ActionShape, ToolShape } from '../steps/tools/tool.ts';

/** A tool as people and programs are shown it. */
export interface ToolView {
  readonly name: string;
  readonly summary: string;
  readonly aliases: readonly string[];
  /** The events that it answers by itself, and the types of those that it may emit. */
  readonly on?: readonly string[];
  readonly emits?: readonly string[];
  readonly actions: readonly ActionView[];
}

/** One of its actions, with its contract. */
export interface ActionView {
  readonly name: string;
  readonly summary: string;
  readonly effect: Effect;
  readonly risk: ToolRisk;
  /** Names under which later steps find the result of a step that gives it none. */
  readonly usual_names: readonly string[];
  /** What it takes, as JSON Schema. */
  readonly input: object;
  /** What it gives, as JSON Schema. */
  readonly output: object;
}

/** What a tool is called, can do, takes and gives. */
export function viewTool({ name, summary, aliases, on, emits, actions }: ToolShape): ToolView {
  const views = Object.entries(actions).map(([action, shape]) => viewAction(action, shape));
  return { name, summary, aliases, ...(on && { on }), ...(emits && { emits }), actions: views };
}

function viewAction(name: string, action: ActionShape): ActionView {
  const { summary, effect, risk, usualNames = [] } = action;
  const input = jsonSchemaOf(action.input);
  const output = jsonSchemaOf(action.output);
  return { name, summary, effect, risk, usual_names: usualNames, input, output };
}

function jsonSchemaOf(schema: ZodType): object {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12', unrepresentable: 'any' });
}
