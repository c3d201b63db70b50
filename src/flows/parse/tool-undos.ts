import type { ActionStep } from '../flow.ts';
import type { OwnTool } from '../tool.ts';
import type { ReadPart } from './chain.ts';
import { parseCompensation } from './compensation.ts';
import type { ParseContext } from './context.ts';
import { parseStep } from './step.ts';
import { isToolFile } from './tool.ts';
import type { ToolUndos } from './tool-undo.ts';
import { textOf, type YamlMapping } from './yaml-node.ts';

/** The files among which tools are, and what they are read with. */
export interface UndoneFiles extends Pick<ParseContext, 'shapes' | 'variables' | 'mentions'> {
  readonly parts: readonly ReadPart[];
  readonly tools: ReadonlyMap<string, OwnTool>;
}

/** Reads `compensate` of the tools' files, once for all steps that use them. */
export function readToolUndos({ parts, tools, ...context }: UndoneFiles): ToolUndos {
  const undos = new Map<string, ActionStep>();
  for (const { mapping, report } of parts) {
    const name = mapping !== undefined && isToolFile(mapping) ? textOf(mapping, 'tool') : undefined;
    if (mapping === undefined || name === undefined || !tools.has(name)) continue;
    const undo = readUndo(mapping, { ...context, report, flow: name });
    if (undo !== undefined && !undos.has(name)) undos.set(name, undo);
  }
  return undos;
}

/** It may name what is known wherever the tool is used, and what became of the call. */
function readUndo(mapping: YamlMapping, context: ParseContext): ActionStep | undefined {
  const names = { known: ['event', 'payload'], steps: [], place: 'in a tool' };
  return parseCompensation(
    mapping,
    { step: { id: 'call' }, names },
    { context, read: (undo, place) => parseStep(undo, place, context) },
  );
}
