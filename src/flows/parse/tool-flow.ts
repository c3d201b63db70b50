import { z } from 'zod';
import type { StepShape } from '../step-shape.ts';
import type { OwnTool } from '../tool.ts';
import type { ReadPart } from './chain.ts';
import type { ParseContext } from './context.ts';
import type { FlowTable } from './flow-table.ts';
import type { WrittenFlow } from './flow.ts';
import { isToolFile } from './tool.ts';
import {
  extentOf,
  placeAt,
  textOf,
  type YamlEntry,
  type YamlMapping,
  type YamlNode,
} from './yaml-node.ts';

/** How its one step is written: it is given what the event holds, by the names of its input. */
const answerSchema = z.strictObject({ tool: z.string() }).transform(({ tool }) => ({
  tool,
  action: 'run',
  answers: true,
  with: '${{ payload }}',
}));

/** The id of its one step. */
const STEP = 'call';

/** The files among which tools are, and what their flows are read with. */
export interface ToolFiles extends Pick<
  ParseContext,
  'shapes' | 'variables' | 'mentions' | 'undos'
> {
  readonly parts: readonly ReadPart[];
  readonly tools: ReadonlyMap<string, OwnTool>;
}

/**
 * Adds the flow of each tool whose file says `on`: it has the tool's name, and each event that it
 * hears is a run that uses the tool once.
 */
export function addToolFlows(table: FlowTable, { parts, tools, ...context }: ToolFiles): void {
  const shapes = answering(context.shapes);
  for (const { mapping, report, place } of parts) {
    const name = mapping !== undefined && isToolFile(mapping) ? textOf(mapping, 'tool') : undefined;
    const on = mapping?.entries.get('on');
    const tool = tools.get(name ?? '');
    if (mapping === undefined || tool === undefined || on === undefined) continue;
    const flow = toolFlow(tool.name, mapping, on.value);
    const isTaken = table.has(flow.name);
    table.add(flow, { ...context, report, shapes, flow: flow.name }, () => place(flow.at));
    if (!isTaken) table.change(flow.name, (made) => ({ ...made, tool: tool.name }));
    for (const type of tool.emits ?? []) {
      const at = placeAt(mapping, ['emits']);
      // What it emits depends on what it finds.
      context.mentions.emitted.push({ type, flow: flow.name, conditional: true, at, report });
    }
  }
}

function toolFlow(name: string, { at }: YamlMapping, on: YamlNode): WrittenFlow {
  const step = mappingOf(at, [
    ['id', textAt(at, STEP)],
    ['tool', textAt(at, name)],
  ]);
  const steps: YamlNode = { kind: 'list', at, items: [step], ...extentOf([step]) };
  const node = mappingOf(at, [
    ['on', on],
    ['steps', steps],
  ]);
  return { name, at, node, section: 'flows' };
}

/** How tools are used in such flows: else as in all others. */
function answering(shapes: ReadonlyMap<string, StepShape>): ReadonlyMap<string, StepShape> {
  const shape = shapes.get('tool');
  if (shape === undefined) return shapes;
  return new Map([...shapes, ['tool', { ...shape, schema: answerSchema }]]);
}

function mappingOf(at: number, pairs: readonly (readonly [string, YamlNode])[]): YamlMapping {
  const entries = new Map(pairs.map(([key, value]): [string, YamlEntry] => [key, { at, value }]));
  return { kind: 'mapping', at, entries, ...extentOf(pairs.map(([, value]) => value)) };
}

function textAt(at: number, value: string): YamlNode {
  return { kind: 'scalar', at, value, ...extentOf([]) };
}
