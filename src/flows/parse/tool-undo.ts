import type { ActionStep } from '../flow.ts';
import { isUndoId, undoId } from '../saga.ts';
import type { TemplateTree } from '../template.ts';

/** What undoes the calls of tools, by their names. */
export type ToolUndos = ReadonlyMap<string, ActionStep>;

/** What undoes a step that uses such a tool and says nothing of that itself. */
export function toolUndo(
  { id, input }: Pick<ActionStep, 'id' | 'input'>,
  undos: ToolUndos,
): ActionStep | undefined {
  // What undoes a step is not undone itself.
  const name = isUndoId(id) ? undefined : nameOf(input);
  const undo = name === undefined ? undefined : undos.get(name);
  return undo && { ...undo, id: undoId(id) };
}

function nameOf(input: TemplateTree): string | undefined {
  if (typeof input !== 'object' || input === null || !('tool' in input)) return undefined;
  return typeof input.tool === 'string' ? input.tool : undefined;
}
