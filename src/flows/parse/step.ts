import { type ActionStep, DEFAULT_RETRY } from '../flow.ts';
import type { Names } from '../names.ts';
import type { StepShape } from '../step-shape.ts';
import { isBranchName } from './choice.ts';
import type { ParseContext } from './context.ts';
import { checkKeys } from './keys.ts';
import { kindOf } from './kind.ts';
import { LATER_STEP_KEYS } from './later-keys.ts';
import { parseInput } from './step-input.ts';
import { OPTION_KEYS, readOptions } from './step-options.ts';
import { parseVerify } from './verify.ts';
import { valueOf, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** Where a step stands in its flow. */
export interface StepPlace {
  readonly id: string;
  readonly names: Names;
}

/** Reads a step with a kind; undefined where anything is wrong with it, which is all reported. */
export function parseStep(
  node: YamlNode,
  { id, names }: StepPlace,
  context: ParseContext,
): ActionStep | undefined {
  const { report } = context;
  if (node.kind !== 'mapping') {
    const message = 'a step is a mapping with one kind, as in "- emit: done"';
    report({ at: node.at, code: 'config.invalid', message });
    return undefined;
  }
  const shape = kindOf(node, context);
  if (shape === undefined) return undefined;
  checkStepKeys(node, shape, context);
  noteEmitted(node, shape, context);
  const options = readOptions(node, names, report);
  const input = parseInput(node, { shape, names }, context);
  const effect = options?.effect ?? shape.effect;
  const verify = parseVerify(node, { shape, names, effect }, context);
  if (options === undefined || input === undefined) return undefined;
  return {
    ...options,
    id,
    kind: shape.kind,
    input,
    retry: options.retry ?? DEFAULT_RETRY,
    timeoutMs: options.timeoutMs ?? shape.timeoutMs,
    effect,
    verify,
  };
}

function checkStepKeys(
  node: YamlMapping,
  shape: StepShape,
  { shapes, report }: ParseContext,
): void {
  const elsewhere = (key: string): string | undefined => {
    if (isBranchName(key)) {
      return `it belongs to a choice, which has no kind; move "${shape.kind}" into its list`;
    }
    const other = [...shapes.values()].find(({ keys }) => keys.includes(key));
    return other === undefined ? undefined : `it belongs to "${other.kind}"`;
  };
  const known = [shape.kind, ...shape.keys, ...OPTION_KEYS, 'verify'];
  const what = `a step of kind "${shape.kind}"`;
  checkKeys(node, { what, known, later: LATER_STEP_KEYS, elsewhere }, report);
}

function noteEmitted(node: YamlMapping, shape: StepShape, { types, report }: ParseContext): void {
  const emit = shape.kind === 'emit' ? valueOf(node, 'emit') : undefined;
  const named = emit?.kind === 'list' ? emit.items : emit === undefined ? [] : [emit];
  for (const each of named) {
    if (each.kind === 'scalar' && typeof each.value === 'string' && !each.value.includes('{')) {
      types.emitted.push({ type: each.value, at: each.at, report });
    }
  }
}
