import { z } from 'zod';
import { didYouMean } from '../../std/diagnostics.ts';
import type { Flow, Step, Trigger } from '../flow.ts';
import type { Problem } from '../problem.ts';
import type { ParseContext } from './context.ts';
import { checkKeys } from './keys.ts';
import { hasKind, isChoice } from './kind.ts';
import { LATER_FLOW_KEYS } from './later-keys.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { parseSteps, STEPS_MAX } from './step-list.ts';
import { parseTriggers } from './trigger.ts';
import { keyPlaceAt, pick, valueOf, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** Letters and digits of any script first; no blanks, since names are typed as arguments. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.:-]{0,127}$/u;

/** A flow, or a handler: a flow that starts by being named. */
export interface WrittenFlow {
  readonly name: string;
  /** Where its name stands. */
  readonly at: number;
  readonly node: YamlNode;
  readonly section: 'flows' | 'handlers';
}

/** Reads one flow; undefined where it is disabled, or wrong, all of which is reported. */
export function parseFlow(written: WrittenFlow, context: ParseContext): Flow | undefined {
  const { name, at, node, section } = written;
  const { report } = context;
  if (!NAME.test(name)) {
    const message = `"${name}" names no flow: use letters, digits and "_.:-", at most 128`;
    report({ at, code: 'config.invalid', message });
  }
  if (node.kind !== 'mapping') {
    const keys = section === 'flows' ? '"on" and "steps"' : '"steps"';
    report({ at, code: 'config.invalid', message: `"${name}" is a mapping with ${keys}` });
    return undefined;
  }
  const body = { ...written, node };
  const triggers = readTriggers(body, context);
  const steps = isShort(node, context) ? readShort(body, context) : readSteps(body, context);
  const enabled = isEnabled(node, report);
  return enabled && steps.length > 0 ? { name, triggers, steps } : undefined;
}

const HANDLER_WITH_TRIGGER: Problem = {
  code: 'config.invalid',
  message: 'a handler has no "on"; what an event starts belongs under "flows"',
};

/** The keys of a flow that are not those of a step. */
const FLOW_KEYS = ['on', 'enabled'];

interface FlowBody extends WrittenFlow {
  readonly node: YamlMapping;
}

/** Whether the one step that the flow has stands in place of `steps`. */
function isShort(node: YamlMapping, context: ParseContext): boolean {
  if (node.entries.has('steps')) return false;
  return node.entries.has('if') || hasKind(node, context) || isChoice(node, context);
}

function readShort({ node }: FlowBody, context: ParseContext): readonly Step[] {
  const keys = [...node.entries.keys()].filter((key) => !FLOW_KEYS.includes(key));
  return parseSteps([pick(node, keys)], context);
}

function readTriggers(body: FlowBody, context: ParseContext): readonly Trigger[] {
  const { name, at, node, section } = body;
  const on = valueOf(node, 'on');
  if (section === 'handlers') {
    if (on !== undefined) context.report({ at: keyPlaceAt(node, ['on']), ...HANDLER_WITH_TRIGGER });
    return [];
  }
  if (on !== undefined) return parseTriggers(on, context);
  const remedy = 'name the event that starts it, or move it to "handlers"';
  const message = `flow "${name}" has no "on": ${remedy}`;
  context.report({ at, code: 'config.invalid', message });
  return [];
}

function readSteps(body: FlowBody, context: ParseContext): readonly Step[] {
  const { name, at, node, section } = body;
  const { report } = context;
  const known = [...FLOW_KEYS, 'steps'];
  const what = section === 'flows' ? 'a flow' : 'a handler';
  checkKeys(node, { what, known, later: LATER_FLOW_KEYS }, report);
  const steps = valueOf(node, 'steps');
  // That "step" must be "steps" has been said.
  const misspelt = [...node.entries.keys()].some((key) => didYouMean(key, ['steps']) !== undefined);
  if (steps === undefined && misspelt) return [];
  if (steps?.kind !== 'list' || steps.items.length === 0) {
    const message = `"${name}" needs "steps": a list of 1 to ${STEPS_MAX}`;
    report({ at: steps?.at ?? at, code: 'config.invalid', message });
    return [];
  }
  return parseSteps(steps.items, context);
}

const enabledSchema = z.boolean();

function isEnabled(node: YamlMapping, report: Report): boolean {
  const enabled = valueOf(node, 'enabled');
  if (enabled === undefined) return true;
  return readWith(enabledSchema, enabled, { report, what: '"enabled"' }) ?? true;
}
