import { z } from 'zod';
import { compileCondition, type Condition } from '../condition.ts';
import type { Names } from '../names.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { pick, placeAt, type YamlMapping } from './yaml-node.ts';

/** A CEL expression as it is written. */
export const expressionSchema = z.string({ error: 'must be a CEL expression, as text' });

const ifSchema = z.strictObject({ if: expressionSchema.optional() });

/** The `if` of a step, where it has one. */
export interface WrittenIf {
  readonly condition?: Condition;
}

/** Reads the `if` of a step; undefined where it is wrong, which is reported. */
export function readIf(node: YamlMapping, names: Names, report: Report): WrittenIf | undefined {
  const written = readWith(ifSchema, pick(node, ['if']), { report, what: 'a step' });
  if (written?.if === undefined) return written && {};
  const condition = parseCondition(written.if, { at: placeAt(node, ['if']), names }, report);
  return condition && { condition };
}

export interface ConditionPlace {
  /** Where the expression stands in its file. */
  readonly at: number;
  readonly names: Names;
}

/** Compiles a condition; undefined where that is refused, with each reason reported. */
export function parseCondition(
  text: string,
  { at, names }: ConditionPlace,
  report: Report,
): Condition | undefined {
  const compiled = compileCondition(text, names);
  if (compiled.kind === 'compiled') return compiled.value;
  for (const problem of compiled.problems) report({ at, ...problem });
  return undefined;
}
