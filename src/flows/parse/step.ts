import { z } from 'zod';
import { suggestion } from '../../std/diagnostics.ts';
import { DEFAULT_RETRY, type Effect, EFFECTS, type Step } from '../flow.ts';
import { namesAfter } from '../names.ts';
import type { StepShape } from '../step-shape.ts';
import type { TemplateTree } from '../template.ts';
import type { ParseContext } from './context.ts';
import { durationSchema } from './duration-schema.ts';
import { checkKeys } from './keys.ts';
import { isLaterKind, LATER_STEP_KEYS } from './later-keys.ts';
import { retrySchema } from './retry.ts';
import { readWith } from './schema-reading.ts';
import { type InputPlace, parseInput } from './step-input.ts';
import {
  keyPlaceAt,
  pick,
  placeAt,
  valueOf,
  type YamlMapping,
  type YamlNode,
} from './yaml-node.ts';

/** What an id is: a name that a template can write, as in `steps.fetch-notes.output`. */
const ID = /^[A-Za-z_][\w-]{0,63}$/;
const NAME_LENGTH_MAX = 200;

/** The keys that any step may have beside those of its kind. */
const optionsSchema = z.strictObject({
  id: z
    .string()
    .regex(ID, 'must begin with a letter and hold letters, digits, "_" and "-" only, at most 64')
    .optional(),
  name: z.string().max(NAME_LENGTH_MAX).optional(),
  retry: retrySchema.optional(),
  timeout: durationSchema.refine((ms) => ms > 0, 'must be longer than nothing').optional(),
  effect: z.enum(EFFECTS).optional(),
});
const OPTION_KEYS = Object.keys(optionsSchema.shape);

/** Where a step stands in its flow. */
export interface StepPlace {
  /** Its id where none is written. */
  readonly number: number;
  /** The ids of the steps before it. */
  readonly earlier: readonly string[];
}

/** The id that a step goes by, also where the rest of it is wrong. */
export function stepId(node: YamlNode, number: number): string {
  const id = node.kind === 'mapping' ? valueOf(node, 'id') : undefined;
  return id?.kind === 'scalar' && typeof id.value === 'string' ? id.value : String(number);
}

/** Reads one step; undefined where anything is wrong with it, all of which is reported. */
export function parseStep(
  node: YamlNode,
  { number, earlier }: StepPlace,
  context: ParseContext,
): Step | undefined {
  const { report } = context;
  if (node.kind !== 'mapping') {
    const message = 'a step is a mapping with one kind, as in "- emit: done"';
    report({ at: node.at, code: 'config.invalid', message });
    return undefined;
  }
  const shape = shapeOf(node, context);
  if (shape === undefined) return undefined;
  checkStepKeys(node, shape, context);
  noteEmitted(node, shape, context);
  const options = readWith(optionsSchema, pick(node, OPTION_KEYS), { report, what: 'a step' });
  const place = { shape, names: namesAfter(earlier) };
  const input = parseInput(node, place, context);
  const effect = options?.effect ?? shape.effect;
  const verify = parseVerify(node, { ...place, effect }, context);
  if (options === undefined || input === undefined) return undefined;
  return {
    id: stepId(node, number),
    name: options.name,
    kind: shape.kind,
    input,
    retry: options.retry ?? DEFAULT_RETRY,
    timeoutMs: options.timeout ?? shape.timeoutMs,
    effect,
    verify,
  };
}

/** The one kind that a step has; undefined, and a report, where it has none or several. */
function shapeOf(node: YamlMapping, { shapes, report }: ParseContext): StepShape | undefined {
  const keys = [...node.entries.keys()];
  const later = keys.filter((key) => !shapes.has(key) && isLaterKind(key));
  for (const key of later) {
    const message = `steps of kind "${key}" are not supported by this version`;
    report({ at: keyPlaceAt(node, [key]), code: 'config.not_supported', message });
  }
  if (later.length > 0) return undefined;
  const named = keys.flatMap((key) => shapes.get(key) ?? []);
  // A kind's name may be another's key: then it is that key here.
  const kinds = named.filter(({ kind }) => !named.some((other) => other.keys.includes(kind)));
  const [shape, second] = kinds;
  if (shape === undefined) {
    report({ at: node.at, code: 'config.invalid', message: withoutKind(keys, [...shapes.keys()]) });
  } else if (second !== undefined) {
    const at = keyPlaceAt(node, [second.kind]);
    const both = `"${shape.kind}" and "${second.kind}"`;
    const message = `a step has one kind, and this has ${both}; make two steps`;
    report({ at, code: 'config.invalid', message });
    return undefined;
  }
  return shape;
}

function withoutKind(keys: readonly string[], kinds: readonly string[]): string {
  const near = keys
    .filter((key) => !OPTION_KEYS.includes(key))
    .map((key) => suggestion(key, kinds))
    .find((tail) => tail !== '');
  return `this step has no kind${near ?? `; write one of ${kinds.join(', ')}`}`;
}

function checkStepKeys(
  node: YamlMapping,
  shape: StepShape,
  { shapes, report }: ParseContext,
): void {
  const elsewhere = (key: string): string | undefined => {
    const other = [...shapes.values()].find(({ keys }) => keys.includes(key));
    return other === undefined ? undefined : `it belongs to "${other.kind}"`;
  };
  const known = [shape.kind, ...shape.keys, ...OPTION_KEYS, 'verify'];
  const what = `a step of kind "${shape.kind}"`;
  checkKeys(node, { what, known, later: LATER_STEP_KEYS, elsewhere }, report);
}

interface VerifyPlace extends InputPlace {
  readonly effect: Effect;
}

/** Reads what `effect: verify` asks: the same kind of step as the one it is about. */
function parseVerify(
  node: YamlMapping,
  { shape, names, effect }: VerifyPlace,
  context: ParseContext,
): TemplateTree | undefined {
  const { report } = context;
  const written = valueOf(node, 'verify');
  if ((written !== undefined) !== (effect === 'verify')) {
    const message =
      written === undefined
        ? `"effect: verify" needs "verify", a mapping with "${shape.kind}" that asks if it happened`
        : '"verify" is asked only with "effect: verify"; add that';
    const at = written?.at ?? placeAt(node, ['effect']);
    report({ at, code: 'config.invalid', message });
  }
  if (written === undefined) return undefined;
  if (written.kind !== 'mapping') {
    const message = `"verify" is a mapping with "${shape.kind}", like the step itself`;
    report({ at: written.at, code: 'config.invalid', message });
    return undefined;
  }
  checkKeys(written, { what: '"verify"', known: [shape.kind, ...shape.keys] }, report);
  return parseInput(written, { shape, names }, context);
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
