import { z } from 'zod';
import { suggestion } from '../../std/diagnostics.ts';
import { isFlowName } from './flow-name.ts';
import { checkKeys } from './keys.ts';
import { isPattern } from './pattern.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import {
  extentOf,
  keyPlaceAt,
  pick,
  valueOf,
  type YamlEntry,
  type YamlMapping,
  type YamlNode,
} from './yaml-node.ts';

/** How many rules a choreography may have. */
export const RULES_MAX = 1_000;
/** How often a rule may answer in one instance, where it says so. */
const ANSWERS_MAX = 1_000;

/** What a rule emits, and what a branch of `parallel` does. */
const EMIT_KEYS = ['emit', 'data', 'subject'];
const RULE_KEYS = ['id', 'on', 'where', ...EMIT_KEYS, 'parallel', 'throttle', 'max'];
const BRANCH_KEYS = ['id', ...EMIT_KEYS];
/** What is handed to the flow that the rule becomes, as it stands. */
const FLOW_KEYS = [...EMIT_KEYS, 'parallel', 'throttle'];

const ID_LENGTH_MAX = 60;
const ID_RULE = 'names no rule: use letters, digits and "_.:-", at most 60';

const ownSchema = z.strictObject({
  id: z
    .union([z.string(), z.int()])
    .transform(String)
    .refine((id) => isFlowName(id) && id.length <= ID_LENGTH_MAX, ID_RULE)
    .optional(),
  max: z.int().min(1).max(ANSWERS_MAX).optional(),
});

/** A rule: who it is, and the flow that it becomes. */
export interface ReadRule {
  readonly id: string;
  /** Where it stands. */
  readonly at: number;
  readonly node: YamlMapping;
  readonly max?: number | undefined;
}

/** Reads `flow:`, the rules of a choreography. Leaves out what is wrong, which is reported. */
export function readRules(choreography: YamlMapping, report: Report): readonly ReadRule[] {
  const list = valueOf(choreography, 'flow');
  if (list?.kind !== 'list' || list.items.length === 0 || list.items.length > RULES_MAX) {
    const example = 'as in "flow: [ { on: pushed, emit: check_requested } ]"';
    const message = `"flow" is a list of 1 to ${RULES_MAX} rules, ${example}`;
    const at = list?.at ?? keyPlaceAt(choreography, ['flow']);
    report({ at, code: 'config.invalid', message });
    return [];
  }
  const ids = new Map<string, number>();
  return list.items.flatMap((node, index) => {
    const rule = readRule(node, index + 1, report);
    if (rule === undefined) return [];
    const first = ids.get(rule.id);
    if (first === undefined) {
      ids.set(rule.id, index + 1);
      return [rule];
    }
    const message = `rule ${first} has the id "${rule.id}" already; rename one of the two`;
    report({ at: rule.at, code: 'config.duplicate', message });
    return [];
  });
}

function readRule(node: YamlNode, number: number, report: Report): ReadRule | undefined {
  if (node.kind !== 'mapping') {
    const message = 'a rule is a mapping, as in "{ on: pushed, emit: check_requested }"';
    report({ at: node.at, code: 'config.invalid', message });
    return undefined;
  }
  checkRuleKeys(node, report);
  const own = readWith(ownSchema, pick(node, ['id', 'max']), { report, what: 'a rule' });
  const on = triggersOf(node, report);
  if (own === undefined || on === undefined || !emitsOnce(node, report)) return undefined;
  const at = valueOf(node, 'id')?.at ?? node.at;
  return { id: own.id ?? String(number), at, node: flowNode(node, on), max: own.max };
}

/** What a rule may not do itself is told apart from a slip. */
function checkRuleKeys(node: YamlMapping, report: Report): void {
  const what = 'a rule of a choreography';
  const acts = (key: string): string | undefined =>
    suggestion(key, RULE_KEYS) === ''
      ? `a rule has ${RULE_KEYS.join(', ')}; what acts is a flow or a tool that answers its event`
      : undefined;
  checkKeys(node, { what, known: RULE_KEYS, elsewhere: acts }, report);
  const branches = valueOf(node, 'parallel');
  if (branches?.kind !== 'list') return;
  for (const branch of branches.items) {
    if (branch.kind === 'mapping' && valueOf(branch, 'emit') !== undefined) {
      checkKeys(branch, { what: 'a branch of a rule', known: BRANCH_KEYS }, report);
      continue;
    }
    const message = 'a branch of a rule emits, as in "parallel: [ { emit: a }, { emit: b } ]"';
    report({ at: branch.at, code: 'config.invalid', message });
  }
}

/** Whether the rule says in one way, and in one only, what it emits. */
function emitsOnce(node: YamlMapping, report: Report): boolean {
  const [emit, parallel] = ['emit', 'parallel'].map((key) => node.entries.get(key));
  if (emit === undefined && parallel === undefined) {
    const message = 'a rule says what it emits; write "emit", or "parallel" with several';
    report({ at: node.at, code: 'config.invalid', message });
    return false;
  }
  if (emit === undefined || parallel === undefined) return true;
  const message = 'a rule has "emit" or "parallel"; write both events under "parallel"';
  report({ at: parallel.at, code: 'config.invalid', message });
  return false;
}

/** `on` as the trigger of the rule's flow, with the rule's own condition in it. */
function triggersOf(node: YamlMapping, report: Report): YamlNode | undefined {
  const on = valueOf(node, 'on');
  const where = node.entries.get('where');
  if (on === undefined) {
    const message = 'a rule says which event it answers; write "on"';
    report({ at: node.at, code: 'config.invalid', message });
    return undefined;
  }
  if (on.kind !== 'list') return narrowed(withinInstance(on), where, report);
  const items = on.items.map((item) => narrowed(withinInstance(item), where, report));
  return { ...on, items };
}

/** What a pattern over time takes together belongs to one instance, where nothing else is said. */
function withinInstance(trigger: YamlNode): YamlNode {
  // Of an "any" each event is answered by itself, so that there is nothing to keep apart.
  if (!isPattern(trigger) || trigger.entries.has('any')) return trigger;
  if (trigger.entries.has('by')) return trigger;
  const value = textNode('event.correlationid', trigger.at);
  return withEntry(trigger, 'by', { at: trigger.at, value });
}

function narrowed(trigger: YamlNode, where: YamlEntry | undefined, report: Report): YamlNode {
  if (where === undefined) return trigger;
  if (trigger.kind !== 'mapping') {
    const event = { at: trigger.at, value: trigger };
    return withEntry(
      { ...trigger, kind: 'mapping', entries: new Map([['event', event]]) },
      'where',
      where,
    );
  }
  const again = trigger.entries.get('where');
  if (again === undefined) return withEntry(trigger, 'where', where);
  const message = 'a condition stands at the rule and at its event; join them with "&&" at one';
  report({ at: again.at, code: 'config.invalid', message });
  return trigger;
}

/** The rule as a flow with one step in place of `steps`. */
function flowNode(node: YamlMapping, on: YamlNode): YamlMapping {
  const flow = withEntry(pick(node, FLOW_KEYS), 'on', { at: on.at, value: on });
  const branches = valueOf(flow, 'parallel');
  if (branches?.kind !== 'list') return carrying(flow);
  const value = { ...branches, items: branches.items.map(carrying) };
  return withEntry(flow, 'parallel', { at: branches.at, value });
}

/** What is emitted without data of its own carries that of the event which is answered. */
function carrying<N extends YamlNode>(node: N): N | YamlMapping {
  if (node.kind !== 'mapping' || !node.entries.has('emit') || node.entries.has('data')) return node;
  return withEntry(node, 'data', { at: node.at, value: textNode('{payload}', node.at) });
}

/** The mapping with one entry more. */
export function withEntry(mapping: YamlMapping, key: string, entry: YamlEntry): YamlMapping {
  const entries = new Map([...mapping.entries, [key, entry] as const]);
  const values = Array.from(entries.values(), ({ value }) => value);
  return { ...mapping, entries, ...extentOf(values) };
}

/** A text that nobody has written, at the place of what it is about. */
export function textNode(value: string, at: number): YamlNode {
  return { kind: 'scalar', value, at, size: 1, depth: 1 };
}
