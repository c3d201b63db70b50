import type { Trigger } from '../flow.ts';
import type { ParseContext } from './context.ts';
import { isPattern, parsePattern } from './pattern.ts';
import { parseTrigger } from './trigger.ts';
import type { YamlNode } from './yaml-node.ts';

/** How many triggers a flow may have. */
const TRIGGERS_MAX = 100;

/**
 * Reads `on:`, which is a type, a mapping, a list of these, or a pattern over time. Reports what is
 * wrong with it.
 */
export function parseTriggers(node: YamlNode, context: ParseContext): readonly Trigger[] {
  if (isPattern(node)) return parsePattern(node, context);
  if (node.kind !== 'list') return parseTrigger(node, context);
  if (node.items.length === 0 || node.items.length > TRIGGERS_MAX) {
    const message = `"on" lists between 1 and ${TRIGGERS_MAX} triggers, not ${node.items.length}`;
    context.report({ at: node.at, code: 'config.invalid', message });
  }
  return node.items.slice(0, TRIGGERS_MAX).flatMap((item) => parseListed(item, context));
}

function parseListed(item: YamlNode, context: ParseContext): readonly Trigger[] {
  if (!isPattern(item)) return parseTrigger(item, context);
  const message = 'a pattern over time stands alone; give it a flow of its own';
  context.report({ at: item.at, code: 'config.invalid', message });
  return [];
}
