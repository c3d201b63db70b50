import { z } from 'zod';
import type { OwnTool } from '../../../flows/tool.ts';
import type { Proposed } from '../../../gates/content.ts';
import type { ProposedCall, StepContext, StepKind, StepResult } from '../../../runs/step-kind.ts';
import type { Json } from '../../../std/json.ts';
import { filled, inputInvalid, withInput } from '../../written-value.ts';
import { argumentProblems } from '../arguments.ts';
import type { OwnCall, OwnToolOptions } from './call.ts';
import { callCommand } from './command-call.ts';
import { afterCall, beforeCall } from './conditions.ts';
import { callModule } from './module-call.ts';
import { proposeTool } from './propose.ts';
import { contractsOf, OWN_ACTION, shapeOfOwn } from './shapes.ts';

const rendered = z.object({ tool: z.string(), with: z.record(z.string(), filled) });

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
    const read = (): Json => inputOf(tool, call.data.with);
    return withInput(context, read, (input) => useTool(tool, input, { context, options }));
  };
  const propose = async (call: ProposedCall): Promise<Proposed> => {
    const { tool: name, with: given } = rendered.parse(call.input);
    const tool = await options.find(call.catalog, name);
    if (tool !== undefined) return proposeTool(tool, inputOf(tool, given), call);
    if (builtIn.propose === undefined) throw inputInvalid(`${name} is no tool of this version.`);
    return builtIn.propose(call);
  };
  return { shape: builtIn.shape, propose, execute };
}

/** @throws SignalboxError `step.input_invalid` where an argument is not what the tool takes. */
function inputOf(tool: OwnTool, given: { readonly [name: string]: Json }): Json {
  const shape = shapeOfOwn(tool);
  const action = shape.actions[OWN_ACTION];
  if (action === undefined) return given;
  const [problem] = argumentProblems({ tool: shape, name: OWN_ACTION, action }, given);
  if (problem === undefined) return contractsOf(tool).input.parse(given) as Json;
  const argument = problem.path.length === 0 ? '' : `"${problem.path.join('.')}": `;
  throw inputInvalid(`${tool.name} cannot be used: ${argument}${problem.message}.`);
}

async function useTool(tool: OwnTool, input: Json, call: OwnCall): Promise<StepResult> {
  const { event } = call.context;
  const refused = beforeCall(tool, { event, input });
  if (refused !== undefined) return refused;
  const result = await (tool.module === undefined
    ? callCommand(tool, input, call)
    : callModule(tool, input, call));
  if (result.kind !== 'done') return result;
  return outputProblem(tool, result) ?? afterCall(tool, { event, input }, result) ?? result;
}

type Done = Extract<StepResult, { kind: 'done' }>;

/** What is wrong with what a tool gave, as the failure of its call. */
function outputProblem(tool: OwnTool, { output, emits = [] }: Done): StepResult | undefined {
  const issue = contractsOf(tool).output?.safeParse(output).error?.issues[0];
  if (issue !== undefined) {
    const place = issue.path.length === 0 ? 'its output' : `"${issue.path.join('.')}"`;
    const message = `The tool ${tool.name} gave what it must not: ${place}: ${issue.message}.`;
    return { kind: 'fail', error: { code: 'tool.output_invalid', message, happened: 'maybe' } };
  }
  const declared = tool.emits ?? [];
  const strange = emits.find(({ type }) => !declared.includes(type));
  const missing = declared.length > 0 && emits.length === 0;
  if (strange === undefined && !missing) return undefined;
  const did = strange === undefined ? 'emitted nothing' : `emitted "${strange.type}"`;
  const remedy = `"emits" of its file lists ${declared.join(', ') || 'none'}`;
  const message = `The tool ${tool.name} ${did}; ${remedy}.`;
  return { kind: 'fail', error: { code: 'tool.emits_invalid', message, happened: 'maybe' } };
}
