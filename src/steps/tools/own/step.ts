import { z } from 'zod';
import type { OwnTool } from '../../../flows/tool.ts';
import type { Proposed } from '../../../gates/content.ts';
import type { ProposedCall, StepContext, StepKind, StepResult } from '../../../runs/step-kind.ts';
import { isObject, type Json } from '../../../std/json.ts';
import { filled, inputInvalid, withInput } from '../../written-value.ts';
import { argumentProblems } from '../arguments.ts';
import type { OwnCall, OwnToolOptions } from './call.ts';
import { callCommand } from './command-call.ts';
import { concluded } from './conclusion.ts';
import { beforeCall } from './conditions.ts';
import { contractProblem } from './contract-problem.ts';
import { callModule } from './module-call.ts';
import { proposeTool } from './propose.ts';
import { contractsOf, OWN_ACTION, shapeOfOwn } from './shapes.ts';

const rendered = z.object({
  tool: z.string(),
  with: filled,
  /** The arguments are what an event holds: of these, it takes what it knows. */
  answers: z.literal(true).optional(),
});

/**
 * Uses a tool of the run's catalog where that has one of the name, and else what is built in.
 * Whatever its code does, it does in a process of its own, which ends with the step.
 */
export function ownToolStep(builtIn: StepKind, options: OwnToolOptions): StepKind {
  const execute = async (context: StepContext): Promise<StepResult> => {
    const call = rendered.safeParse(context.input);
    if (context.catalog === undefined || !call.success) return builtIn.execute(context);
    const tool = await options.find(context.catalog, call.data.tool);
    if (tool === undefined) return builtIn.execute(context);
    const { with: given, answers } = call.data;
    const read = (): Json =>
      answers === true ? inputFrom(tool, given, context.event.type) : inputOf(tool, given);
    return withInput(context, read, (input) => useTool(tool, input, { context, options }));
  };
  const propose = async (call: ProposedCall): Promise<Proposed> => {
    const { tool: name, with: given, answers } = rendered.parse(call.input);
    const tool = await options.find(call.catalog, name);
    if (tool !== undefined) {
      const isAnswer = answers === true;
      const input = isAnswer ? inputFrom(tool, given, call.event.type) : inputOf(tool, given);
      return proposeTool(tool, input, { ...call, mode: options.mode });
    }
    if (builtIn.propose === undefined) throw inputInvalid(`${name} is no tool of this version.`);
    return builtIn.propose(call);
  };
  return { shape: builtIn.shape, propose, execute };
}

/** @throws SignalboxError `step.input_invalid` where an argument is not what the tool takes. */
function inputOf(tool: OwnTool, given: Json): Json {
  return checked(tool, given, `${tool.name} cannot be used`, 'it is given');
}

/**
 * Of what an event holds, what the tool takes by name.
 *
 * @throws SignalboxError `step.input_invalid` where that is not what it takes.
 */
function inputFrom(tool: OwnTool, data: Json, type: string): Json {
  const { properties = {}, additionalProperties } = tool.input;
  const isKnown = (name: string): boolean =>
    additionalProperties !== false || Object.hasOwn(Object(properties) as object, name);
  const taken = isObject(data)
    ? Object.fromEntries(Object.entries(data).filter(([name]) => isKnown(name)))
    : (data ?? {});
  const cannot = `${tool.name} cannot answer "${type}"`;
  try {
    return checked(tool, taken, cannot, 'the event holds');
  } catch {
    return checked(tool, data ?? {}, cannot, 'the event holds');
  }
}

function checked(tool: OwnTool, given: Json, cannot: string, holder: string): Json {
  const shape = shapeOfOwn(tool);
  const action = shape.actions[OWN_ACTION];
  if (action === undefined) return given;
  const found = { tool: shape, name: OWN_ACTION, action };
  const problems = argumentProblems(found, given as { readonly [name: string]: Json });
  // What is misspelt is missing too: the word itself says more.
  const problem = problems.find(({ code }) => code === 'config.unknown_key') ?? problems[0];
  if (problem === undefined) return contractsOf(tool).input.parse(given) as Json;
  const both = { schema: tool.input, value: given, holder };
  throw inputInvalid(contractProblem(cannot, problem, both));
}

async function useTool(tool: OwnTool, input: Json, call: OwnCall): Promise<StepResult> {
  const refused = await beforeCall(tool, input, call);
  if (refused !== undefined) return refused;
  const hearing = call.context.hear?.();
  try {
    const ended = await (tool.module === undefined
      ? callCommand(tool, input, call)
      : callModule(tool, input, call));
    return await concluded(tool, ended, { input, call, hearing });
  } finally {
    hearing?.end();
  }
}
