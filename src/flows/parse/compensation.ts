import { type ActionStep, UNDO_RETRY } from '../flow.ts';
import { type EarlierStep, type Names, undoNames } from '../names.ts';
import { undoId } from '../saga.ts';
import { isBranchName } from './choice.ts';
import type { ParseContext } from './context.ts';
import { forkOf } from './kind.ts';
import { valueOf, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** The step whose `compensate` is read. */
export interface UndonePlace {
  readonly step: EarlierStep;
  /** What the step itself may name. */
  readonly names: Names;
}

/** How a step is read that stands for itself. */
export type ReadStep = (
  node: YamlMapping,
  place: { readonly id: string; readonly names: Names; readonly conditional: boolean },
) => ActionStep | undefined;

/** Why a key of a step has no place in a compensation, as the end of a sentence. */
const NOT_HERE: ReadonlyMap<string, string> = new Map([
  ['id', 'its id is that of its step with ".undo" behind it'],
  ['output', 'nothing comes behind it that could use its result'],
  ['on_error', 'an undo that fails stops the run as "compensation_stuck"'],
  ['pivot', 'it belongs to the step itself'],
  ['compensate', 'what undoes a step is not undone'],
  ['tools', 'what undoes a step is what is written, and no model chooses it'],
]);

/**
 * Reads what undoes a step: one step that acts, with a retry policy of its own. Undefined where
 * nothing does, and where anything is wrong with it, all of which is reported.
 */
export function parseCompensation(
  node: YamlMapping,
  { step, names }: UndonePlace,
  { context, read }: { readonly context: ParseContext; readonly read: ReadStep },
): ActionStep | undefined {
  const written = valueOf(node, 'compensate');
  if (written !== undefined && valueOf(node, 'tools') !== undefined) {
    const message = '"compensate" has no place beside "tools": each tool says what undoes it';
    context.report({ at: written.at, code: 'config.invalid', message });
    return undefined;
  }
  if (written === undefined || !isOneStep(written, context)) return undefined;
  const entries = [...written.entries].filter(([key]) => !NOT_HERE.has(key));
  for (const [key, { at }] of written.entries) {
    const reason = NOT_HERE.get(key);
    if (reason === undefined) continue;
    const message = `"${key}" has no place in "compensate": ${reason}`;
    context.report({ at, code: 'config.invalid', message });
  }
  const own = { ...written, entries: new Map(entries) };
  const place = { id: undoId(step.id), names: undoNames(names, step), conditional: true };
  const undo = read(own, place);
  if (undo === undefined || own.entries.has('retry')) return undo;
  return { ...undo, retry: UNDO_RETRY };
}

function isOneStep(node: YamlNode, context: ParseContext): node is YamlMapping {
  const isMapping = node.kind === 'mapping';
  const isPlain =
    isMapping &&
    forkOf(node, context) === undefined &&
    ![...node.entries.keys()].some(isBranchName);
  if (isPlain) return true;
  const message = '"compensate" is one step that acts, as in "compensate: { run: [undo] }"';
  context.report({ at: node.at, code: 'config.invalid', message });
  return false;
}
