import { type ActionStep, DEFAULT_RETRY } from '../flow.ts';
import type { EarlierStep, Names } from '../names.ts';
import type { StepShape } from '../step-shape.ts';
import { isBranchName } from './choice.ts';
import { parseCompensation } from './compensation.ts';
import type { ParseContext } from './context.ts';
import { checkKeys } from './keys.ts';
import { readGate } from './gate.ts';
import { branchRemedy, kindOf, ownerOf } from './kind.ts';
import { LATER_STEP_KEYS } from './later-keys.ts';
import { parseInput } from './step-input.ts';
import { earlierStep, OPTION_KEYS, readOptions } from './step-options.ts';
import { toolUndo } from './tool-undo.ts';
import { usualNamesOf } from './usual-names.ts';
import { parseVerify } from './verify.ts';
import {
  keyPlaceAt,
  nodeAt,
  textOf,
  valueOf,
  type YamlMapping,
  type YamlNode,
} from './yaml-node.ts';

/** Where a step stands in its flow. */
export interface StepPlace {
  readonly id: string;
  readonly names: Names;
  /** Whether it depends on a condition: its own, or one around it. */
  readonly conditional: boolean;
}

/** Reads a step with a kind; undefined where anything is wrong with it, which is all reported. */
export function parseStep(
  node: YamlNode,
  { id, names, conditional }: StepPlace,
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
  const emit = shape.kind === 'emit' ? valueOf(node, 'emit') : undefined;
  if (emit !== undefined) noteEmitted(emit, conditional, context);
  if (shape.kind === 'wait') noteAwaited(node, context);
  if (shape.kind === 'tool') noteTool(node, conditional, context);
  const options = readOptions(node, names, report);
  const gated = readGate(node, { kind: shape.kind, names }, context);
  const secrets = options?.secrets ?? [];
  reportSecrets(node, shape, context);
  const input = parseInput(node, { shape, names, secrets }, context);
  const effect = options?.effect ?? shape.effectOf?.(input ?? null) ?? shape.effect;
  const verify = parseVerify(node, { shape, names, effect }, context);
  const undone = { step: leaving(node, { id, names }, context), names };
  const compensate = parseCompensation(node, undone, {
    context,
    read: (undo, place) => parseStep(undo, place, context),
  });
  if (options === undefined || input === undefined || gated === undefined) return undefined;
  const usualNames = usualNamesOf(node, names, context);
  // What answers a failure is not undone.
  const undos = names.known.includes('error') ? undefined : context.undos;
  const undo = compensate ?? (undos && toolUndo({ id, input }, undos));
  return {
    ...options,
    ...gated,
    id,
    kind: shape.kind,
    input,
    retry: options.retry ?? DEFAULT_RETRY,
    timeoutMs: options.timeoutMs ?? shape.timeoutOf?.(input) ?? shape.timeoutMs,
    effect,
    verify,
    ...(undo !== undefined && { compensate: undo }),
    ...(usualNames.length > 0 && { usualNames }),
  };
}

/** What a step leaves to those after it, and to what undoes it. */
export function leaving(
  node: YamlNode,
  { id, names }: Pick<StepPlace, 'id' | 'names'>,
  context: ParseContext,
): EarlierStep {
  return { ...earlierStep(node, id), usual: usualNamesOf(node, names, context) };
}

/** Only what hands them on where nobody else looks may be given secrets. */
function reportSecrets(node: YamlMapping, shape: StepShape, { report }: ParseContext): void {
  if (valueOf(node, 'secrets') === undefined || shape.secretPlaces !== undefined) return;
  const message = `a step of kind "${shape.kind}" is given no secrets; "run" and "http" may be`;
  report({ at: keyPlaceAt(node, ['secrets']), code: 'config.invalid', message });
}

function checkStepKeys(node: YamlMapping, shape: StepShape, context: ParseContext): void {
  const elsewhere = (key: string): string | undefined =>
    isBranchName(key) ? branchRemedy(shape.kind) : ownerOf(key, context);
  const known = [shape.kind, ...shape.keys, ...OPTION_KEYS, 'verify', 'compensate'];
  const what = `a step of kind "${shape.kind}"`;
  checkKeys(node, { what, known, later: LATER_STEP_KEYS, elsewhere }, context.report);
}

function noteEmitted(
  emit: YamlNode,
  conditional: boolean,
  { flow, mentions, report }: ParseContext,
): void {
  for (const each of emit.kind === 'list' ? emit.items : [emit]) {
    if (each.kind === 'scalar' && typeof each.value === 'string' && !each.value.includes('{')) {
      mentions.emitted.push({ type: each.value, flow, conditional, at: each.at, report });
    }
  }
}

function noteAwaited(node: YamlMapping, { flow, mentions, report }: ParseContext): void {
  const wait = nodeAt(node, ['wait']);
  const type = textOf(wait, 'event');
  if (type === undefined) return;
  mentions.awaited.push({ type, flow, at: nodeAt(wait, ['event']).at, report });
}

function noteTool(
  node: YamlMapping,
  conditional: boolean,
  { flow, mentions, report }: ParseContext,
): void {
  const tool = textOf(node, 'tool');
  const at = nodeAt(node, ['tool']).at;
  if (tool !== undefined) mentions.tools.push({ tool, flow, conditional, at, report });
}
