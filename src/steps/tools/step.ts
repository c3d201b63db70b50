import { z } from 'zod';
import type { StepShape } from '../../flows/step-shape.ts';
import type { Proposed, ToolContent } from '../../gates/content.ts';
import type { ProposedCall, StepContext, StepKind, StepResult } from '../../runs/step-kind.ts';
import type { Json } from '../../std/json.ts';
import { filled, inputInvalid, withInput } from '../written-value.ts';
import { argumentProblems } from './arguments.ts';
import { isNotFound, ToolRegistry } from './registry.ts';
import type { Tool } from './tool.ts';

/** A call of a tool whose arguments are as its action wants them. */
interface Call {
  readonly tool: Tool;
  readonly action: string;
  readonly input: Json;
}

const rendered = z.object({
  tool: z.string(),
  action: z.string(),
  with: z.record(z.string(), filled),
});

/** Uses a tool: what the tool gives is the step's output. */
export function toolStep(shape: StepShape, tools: readonly Tool[]): StepKind {
  const registry = new ToolRegistry(tools.map((tool) => tool.shape));
  const byName = new Map(tools.map((tool) => [tool.shape.name, tool]));
  const read = ({ input }: Pick<StepContext, 'input'>): Call =>
    readCall(rendered.parse(input), registry, byName);
  const execute = (context: StepContext): Promise<StepResult> =>
    withInput(context, read, ({ tool, action, input }) => tool.run(action, context, input));
  const propose = async (call: ProposedCall): Promise<Proposed> => {
    const { tool, action, input } = read(call);
    const own = await tool.propose?.(action, call, input);
    const content: ToolContent = { kind: 'tool', tool: tool.shape.name, action, with: input };
    return own ?? { content, files: [], unbound: ['what the tool finds when it is called'] };
  };
  return { shape, propose, execute };
}

/** @throws SignalboxError `step.input_invalid` where an argument is not what the action takes. */
function readCall(
  { tool: name, action, with: given }: z.infer<typeof rendered>,
  registry: ToolRegistry,
  tools: ReadonlyMap<string, Tool>,
): Call {
  const found = registry.find(name, action);
  const tool = tools.get(name);
  if (isNotFound(found) || tool === undefined) {
    throw inputInvalid(`${name} ${action} is no tool of this version.`);
  }
  const [problem] = argumentProblems(found, given);
  if (problem === undefined) {
    return { tool, action: found.name, input: found.action.input.parse(given) as Json };
  }
  const argument = problem.path.length === 0 ? '' : `"${problem.path.join('.')}": `;
  throw inputInvalid(`${name} ${action} cannot be done: ${argument}${problem.message}.`);
}
