import { z } from 'zod';
import { TEXT_LENGTH_MAX, TYPE_LENGTH_MAX } from '../../events/event.ts';
import { patternProblem } from '../../events/pattern.ts';
import type { Trigger } from '../flow.ts';
import { TRIGGER_NAMES } from '../names.ts';
import { expressionSchema, parseCondition } from './condition.ts';
import type { ParseContext } from './context.ts';
import { checkKeys } from './keys.ts';
import { LATER_TRIGGER_KEYS } from './later-keys.ts';
import { readWith } from './schema-reading.ts';
import { pick, placeAt, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** How many triggers a flow may have. */
const TRIGGERS_MAX = 100;

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

/** Reads `on:`, which is a type, a mapping, or a list of these. Reports what is wrong with it. */
export function parseTriggers(node: YamlNode, context: ParseContext): readonly Trigger[] {
  if (node.kind !== 'list') return parseTrigger(node, context);
  if (node.items.length === 0 || node.items.length > TRIGGERS_MAX) {
    const message = `"on" lists between 1 and ${TRIGGERS_MAX} triggers, not ${node.items.length}`;
    context.report({ at: node.at, code: 'config.invalid', message });
  }
  return node.items.slice(0, TRIGGERS_MAX).flatMap((item) => parseTrigger(item, context));
}

function parseTrigger(node: YamlNode, context: ParseContext): readonly Trigger[] {
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
  checkKeys(node, { what, known: TRIGGER_KEYS, later: LATER_TRIGGER_KEYS }, report);
  // A pattern over time has no event of its own: that it is not supported has been said.
  if ([...node.entries.keys()].some((key) => LATER_TRIGGER_KEYS.has(key))) return [];
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
