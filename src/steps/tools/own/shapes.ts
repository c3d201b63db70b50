import { z, type ZodObject, type ZodType } from 'zod';
import { contractOf, objectContractOf } from '../../../flows/contract.ts';
import type { StepShape } from '../../../flows/step-shape.ts';
import type { OwnTool } from '../../../flows/tool.ts';
import { builtInTools } from '../built-in.ts';
import { ToolRegistry } from '../registry.ts';
import { toolShapeOf } from '../step-shape.ts';
import type { ToolShape } from '../tool.ts';

/** The one action of a tool that a user wrote: flows need not name it. */
export const OWN_ACTION = 'run';

type OwnTools = ReadonlyMap<string, OwnTool>;

/** The kinds of steps, where `tool` steps may use these tools too. */
export function withOwnTools(shapes: readonly StepShape[], tools: OwnTools): readonly StepShape[] {
  if (tools.size === 0) return shapes;
  const shape = toolShapeOf(allTools(tools));
  return shapes.map((each) => (each.kind === shape.kind ? shape : each));
}

/** The built-in tools and these. One with the name of a built-in tool takes its place. */
export function allTools(tools: OwnTools): ToolRegistry {
  const builtIn = builtInTools.tools
    .filter(({ name }) => !tools.has(name))
    .map((tool) => ({ ...tool, aliases: tool.aliases.filter((alias) => !tools.has(alias)) }));
  return new ToolRegistry([...builtIn, ...Array.from(tools.values(), shapeOfOwn)]);
}

/** A tool that a user wrote as flows see it. */
export function shapeOfOwn(tool: OwnTool): ToolShape {
  const { name, summary, effect, risk, timeoutMs, answers, emits } = tool;
  const { input, output = z.unknown() } = contractsOf(tool);
  const action = { summary, input, output, effect, risk, timeoutMs };
  const told = { on: answers.length === 0 ? undefined : answers, emits };
  return { name, summary, aliases: [], ...told, actions: { [OWN_ACTION]: action } };
}

/** What checks what a tool takes and gives. */
export interface Contracts {
  readonly input: ZodObject;
  readonly output: ZodType | undefined;
}

const known = new WeakMap<OwnTool, Contracts>();

/** The contracts of a tool: made once of its schemas, which were checked as it was read. */
export function contractsOf(tool: OwnTool): Contracts {
  const made = known.get(tool) ?? makeContracts(tool);
  known.set(tool, made);
  return made;
}

function makeContracts({ input, output }: OwnTool): Contracts {
  const taken = objectContractOf(input);
  const given = output === undefined ? undefined : contractOf(output);
  return {
    input: 'contract' in taken ? taken.contract : z.looseObject({}),
    output: given !== undefined && 'contract' in given ? given.contract : undefined,
  };
}
