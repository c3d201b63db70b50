import type { Trigger } from '../flow.ts';
import { type ReadRule, textNode } from './rule.ts';
import { extentOf, valueOf, type YamlEntry, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** The id of the rule that stands for triggers which no rule answers. */
export const START_RULE = 'trigger';

/**
 * The rule that notes where an instance begins: of those triggers that no rule answers, such as one
 * that a tool answers by itself. It emits nothing, and its run ends at once.
 */
export function startsOf(
  node: YamlMapping,
  rules: readonly ReadRule[],
  triggers: readonly Trigger[],
): readonly ReadRule[] {
  const list = valueOf(node, 'triggers');
  if (list?.kind !== 'list' || rules.some(({ id }) => id === START_RULE)) return [];
  const answered = new Set(rules.flatMap((rule) => eventsOf(valueOf(rule.node, 'on'))));
  const items = list.items.filter((item) => !eventsOf(item).some((type) => answered.has(type)));
  if (items.length === 0 || triggers.length < list.items.length) return [];
  const { at } = list;
  const on = { ...list, items, ...extentOf(items) };
  const entries = new Map<string, YamlEntry>([
    ['on', { at, value: on }],
    ['sleep', { at, value: textNode('0s', at) }],
    ['if', { at, value: textNode('false', at) }],
  ]);
  const values = Array.from(entries.values(), ({ value }) => value);
  return [{ id: START_RULE, at, node: { ...node, at, entries, ...extentOf(values) } }];
}

/** The types that a trigger, or a list of triggers, names. */
function eventsOf(on: YamlNode | undefined): readonly string[] {
  switch (on?.kind) {
    case undefined:
      return [];
    case 'scalar':
      return [String(on.value)];
    case 'list':
      return on.items.flatMap(eventsOf);
    case 'mapping':
      // Each event of an "any" is answered by itself; those of other patterns are so together only.
      return eventsOf(valueOf(on, 'event') ?? valueOf(on, 'any'));
  }
}
