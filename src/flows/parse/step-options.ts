import { z } from 'zod';
import type { Condition } from '../condition.ts';
import { EFFECTS, ON_ERROR } from '../flow.ts';
import { type EarlierStep, isTakenName, type Names } from '../names.ts';
import { expressionSchema, readIf } from './condition.ts';
import { writtenGate } from './gate.ts';
import { readOnError, type WrittenOnError } from './on-error.ts';
import type { Report } from './report.ts';
import { retrySchema } from './retry.ts';
import { readWith } from './schema-reading.ts';
import { readTimeout, stepTimeoutSchema, type Timeouts } from './timeout.ts';
import { pick, placeAt, textOf, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** What an id is: a name that a template can write, as in `steps.fetch-notes.output`. */
const ID = /^[A-Za-z_][\w-]{0,63}$/;
/** What an output's name is: one that a template can write by itself, as in `{notes}`. */
const OUTPUT = /^[A-Za-z]\w{0,63}$/;
const TAKEN = 'is a name that means something already; choose another';
const NAME_LENGTH_MAX = 200;
/** As many as a source may have. */
const SECRETS_MAX = 16;

const secretNameSchema = z
  .string()
  .regex(/^[A-Za-z_]\w{0,63}$/, 'must begin with a letter and hold letters, digits and "_" only');

/** What any node of a flow may say of itself, a choice too. */
export const labelSchema = z.strictObject({
  id: z
    .string()
    .regex(ID, 'must begin with a letter and hold letters, digits, "_" and "-" only, at most 64')
    .optional(),
  name: z.string().max(NAME_LENGTH_MAX).optional(),
});

/** A name that stands for a value, as `output` and `as` give one. */
export const valueNameSchema = z
  .string()
  .regex(OUTPUT, 'must begin with a letter and hold letters, digits and "_" only, at most 64');

/** What any step may say of itself and of its result. */
const resultSchema = labelSchema.extend({
  output: valueNameSchema.refine((name) => !isTakenName(name), TAKEN).optional(),
  /** Of which nothing is undone once it has succeeded, nor of what comes before it. */
  pivot: z.boolean().optional(),
});
const RESULT_KEYS = Object.keys(resultSchema.shape);

/** The keys that a step may have which others do, beside those of its kind. */
export const FORK_OPTION_KEYS: readonly string[] = [...RESULT_KEYS, 'if', 'on_error'];

const plainSchema = resultSchema.extend({
  retry: retrySchema.optional(),
  effect: z.enum(EFFECTS).optional(),
  /** Of what came with the event: see `secret_fields` of sources. */
  secrets: z.array(secretNameSchema).min(1).max(SECRETS_MAX).readonly().optional(),
});
const PLAIN_KEYS = Object.keys(plainSchema.shape);

/** The keys that any step with a kind may have beside those of its kind. */
export const OPTION_KEYS: readonly string[] = [...PLAIN_KEYS, 'if', 'timeout', 'on_error', 'gate'];

/** What a step that others do may say of itself, as it may be written. */
export const writtenForkOptions = {
  ...resultSchema.shape,
  if: expressionSchema.optional(),
  on_error: z.enum(ON_ERROR).optional(),
};

/** The same of a step with a kind of its own. */
export const writtenOptions = {
  ...writtenForkOptions,
  ...plainSchema.shape,
  timeout: stepTimeoutSchema.optional(),
  gate: writtenGate.optional(),
};

/** What a step says of itself, each as far as it is written. */
export type ForkOptions = z.output<typeof resultSchema> &
  WrittenOnError & { readonly guard?: Condition | undefined };

/** The same of a step with a kind of its own. */
export type StepOptions = ForkOptions & z.output<typeof plainSchema> & Timeouts;

/** Reads the options of a step; undefined where any is wrong, all of which is reported. */
export function readOptions(
  node: YamlMapping,
  names: Names,
  report: Report,
): StepOptions | undefined {
  const plain = readWith(plainSchema, pick(node, PLAIN_KEYS), { report, what: 'a step' });
  const timeouts = readTimeout(node, report);
  const common = readCommon(node, names, report);
  if (!plain || !timeouts || !common) return undefined;
  return { ...plain, ...timeouts, ...common };
}

/** The same of a step that others do. */
export function readForkOptions(
  node: YamlMapping,
  names: Names,
  report: Report,
): ForkOptions | undefined {
  const result = readWith(resultSchema, pick(node, RESULT_KEYS), { report, what: 'a step' });
  const common = readCommon(node, names, report);
  return result && common && { ...result, ...common };
}

function readCommon(
  node: YamlMapping,
  names: Names,
  report: Report,
): Pick<ForkOptions, 'guard' | 'onError'> | undefined {
  const output = textOf(node, 'output');
  if (output !== undefined && names.items?.includes(output)) {
    const message = `"output": "${output}" is the item of the "each" around it; choose another`;
    report({ at: placeAt(node, ['output']), code: 'config.invalid', message });
  }
  const written = readIf(node, names, report);
  const onError = readOnError(node, report);
  return written && onError && { ...onError, guard: written.condition };
}

/** The id that a node of a flow goes by, also where the rest of it is wrong. */
export function stepId(node: YamlNode, number: number): string {
  return textOf(node, 'id') ?? String(number);
}

/** What a step leaves to those after it, also where the rest of it is wrong. */
export function earlierStep(node: YamlNode, id: string): EarlierStep {
  const continues = textOf(node, 'on_error') === 'continue';
  return { id, output: textOf(node, 'output'), continues };
}
