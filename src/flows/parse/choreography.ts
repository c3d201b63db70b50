import { z } from 'zod';
import { type Choreography, ruleFlow } from '../choreography.ts';
import type { Rule, Trigger } from '../flow.ts';
import type { ParseContext } from './context.ts';
import { isFlowName } from './flow-name.ts';
import type { WrittenFlow } from './flow.ts';
import { checkKeys } from './keys.ts';
import { parseTriggers } from './on.ts';
import { readWith } from './schema-reading.ts';
import { startsOf } from './choreography-start.ts';
import { type ReadRule, readRules } from './rule.ts';
import { keyPlaceAt, placeAt, valueOf, type YamlMapping } from './yaml-node.ts';

/** The key that a choreography's file begins with. */
const KEY = 'choreography';
const KEYS = ['name', 'triggers', 'flow'];

/** Without a full stop, which parts the name from that of a rule in the rule's flow. */
const NAME_RULE = 'names no choreography: use letters, digits and "_:-", at most 64';
const NAME_LENGTH_MAX = 64;

const nameSchema = z.strictObject({
  name: z
    .string()
    .refine((name) => isFlowName(name) && !name.includes('.'), NAME_RULE)
    .max(NAME_LENGTH_MAX, NAME_RULE),
});

/** What a choreography is read with. */
export type ChoreographyContext = Omit<ParseContext, 'flow'>;

/** A choreography, and its rules as flows that are yet to be parsed. */
export interface WrittenChoreography {
  readonly choreography: Choreography;
  /** Where its name stands. */
  readonly at: number;
  readonly rules: readonly WrittenRule[];
}

/** A rule, written as the flow that it is. */
export interface WrittenRule {
  readonly written: WrittenFlow;
  readonly rule: Rule;
}

/** Whether a file is a choreography's, by its first key. */
export function isChoreographyFile(mapping: YamlMapping): boolean {
  const [first] = mapping.entries.keys();
  return first === KEY;
}

/** Reads a choreography's file; undefined where it is wrong, all of which is reported. */
export function parseChoreography(
  file: YamlMapping,
  context: ChoreographyContext,
): WrittenChoreography | undefined {
  const { report } = context;
  checkKeys(file, { what: "a choreography's file", known: [KEY] }, report);
  const node = valueOf(file, KEY);
  if (node?.kind !== 'mapping') {
    const message = '"choreography" is a mapping with "name", "triggers" and "flow"';
    report({ at: placeAt(file, [KEY]), code: 'config.invalid', message });
    return undefined;
  }
  checkKeys(node, { what: 'a choreography', known: KEYS }, report);
  const name = nameOf(node, context);
  const triggers = readTriggers(node, context);
  const rules = readRules(node, report);
  if (name === undefined) return undefined;
  const starts = startsOf(node, rules, triggers);
  const written = [...starts, ...rules].map((rule) => asFlow(rule, name, triggers));
  const flows = written.map((rule) => rule.written.name);
  return {
    choreography: { name, triggers, flows },
    at: placeAt(node, ['name']),
    rules: written,
  };
}

function nameOf(node: YamlMapping, { report }: ChoreographyContext): string | undefined {
  const written = valueOf(node, 'name');
  if (written === undefined) {
    const message = 'a choreography needs a "name"';
    report({ at: node.at, code: 'config.invalid', message });
    return undefined;
  }
  const named: YamlMapping = {
    ...node,
    entries: new Map([['name', { at: written.at, value: written }]]),
  };
  return readWith(nameSchema, named, { report, what: 'a choreography' })?.name;
}

/** What begins an instance: events and conditions, and nothing over time. */
function readTriggers(node: YamlMapping, context: ChoreographyContext): readonly Trigger[] {
  const { report } = context;
  const written = valueOf(node, 'triggers');
  if (written?.kind === 'list' && written.items.length > 0) {
    return parseTriggers(written, { ...context, flow: '' });
  }
  const message = '"triggers" is a list of what begins it, as in "triggers: [ { event: pushed } ]"';
  report({ at: written?.at ?? keyPlaceAt(node, ['triggers']), code: 'config.invalid', message });
  return [];
}

function asFlow(
  { id, at, node, max }: ReadRule,
  choreography: string,
  triggers: readonly Trigger[],
): WrittenRule {
  const name = ruleFlow(choreography, id);
  const rule = { choreography, id, triggers, ...(max === undefined ? {} : { max }) };
  return { written: { name, at, node, section: 'flows' }, rule };
}

/** Where a choreography belongs that is written into another file; undefined for another key. */
export function elsewhere(key: string): string | undefined {
  return key === KEY ? 'it belongs in a file of its own, in choreographies/' : undefined;
}
