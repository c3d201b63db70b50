import { z } from 'zod';
import { TEXT_LENGTH_MAX, TYPE_LENGTH_MAX } from '../../events/event.ts';
import { patternProblem } from '../../events/pattern.ts';
import type { Trigger } from '../flow.ts';
import { TRIGGER_NAMES } from '../names.ts';
import { expressionSchema, parseCondition } from './condition.ts';
import type { ParseContext } from './context.ts';
import { checkKeys } from './keys.ts';
import { readWith } from './schema-reading.ts';
import { pick, placeAt, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** The type of an event, or what types begin with. */
export const typeSchema = patternSchema(TYPE_LENGTH_MAX);
const attributeSchema = patternSchema(TEXT_LENGTH_MAX).optional();

/** A trigger that is more than a type. */
export const triggerSchema = z.strictObject({
  event: typeSchema,
  source: attributeSchema,
  subject: attributeSchema,
  where: expressionSchema.optional(),
  own: z.boolean().optional(),
});
const TRIGGER_KEYS = Object.keys(triggerSchema.shape);

/** Reads a trigger that one event fires: a type or a mapping. None where it is wrong, reported. */
export function parseTrigger(node: YamlNode, context: ParseContext): readonly Trigger[] {
  const { report } = context;
  if (node.kind === 'mapping') return parseMapping(node, context);
  const type = readWith(typeSchema, node, { report, what: '"on"' });
  if (type === undefined) return [];
  context.mentions.listened.push({ type, at: node.at, report, flow: context.flow });
  return [{ pattern: { event: type } }];
}

function parseMapping(node: YamlMapping, context: ParseContext): readonly Trigger[] {
  const { report } = context;
  const what = 'a trigger';
  checkKeys(node, { what, known: TRIGGER_KEYS }, report);
  const written = readWith(triggerSchema, pick(node, TRIGGER_KEYS), { report, what });
  if (written === undefined) return [];
  const { where, own, ...pattern } = written;
  const taken = own === undefined ? {} : { own };
  const at = placeAt(node, ['event']);
  context.mentions.listened.push({ type: pattern.event, at, report, flow: context.flow });
  if (where === undefined) return [{ pattern, ...taken }];
  const place = { at: placeAt(node, ['where']), names: TRIGGER_NAMES };
  const condition = parseCondition(where, place, report);
  return condition === undefined ? [] : [{ pattern, where: condition, ...taken }];
}

function patternSchema(lengthMax: number): z.ZodString {
  return z
    .string()
    .max(lengthMax)
    .superRefine((pattern, context) => {
      const message = patternProblem(pattern);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
}
