import { z } from 'zod';
import { didYouMean } from '../../std/diagnostics.ts';
import type { Flow, Gather, Trigger } from '../flow.ts';
import type { Problem } from '../problem.ts';
import { readAutonomyOf } from './autonomy.ts';
import type { ParseContext } from './context.ts';
import { FLOW_NAME_RULE, isFlowName } from './flow-name.ts';
import { FORKS } from './fork-kinds.ts';
import { checkKeys } from './keys.ts';
import { hasKind, isChoice, kindsOf } from './kind.ts';
import { LATER_FLOW_KEYS } from './later-keys.ts';
import { LIMIT_KEYS, readLimits } from './limits.ts';
import { parseTriggers } from './on.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { readStepList } from './step-list.ts';
import { OPTION_KEYS } from './step-options.ts';
import { parseSteps, STEPS_MAX } from './step-tree.ts';
import { keyPlaceAt, pick, valueOf, type YamlMapping, type YamlNode } from './yaml-node.ts';

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
  if (!isFlowName(name)) {
    report({ at, code: 'config.invalid', message: `"${name}" ${FLOW_NAME_RULE}` });
  }
  if (node.kind !== 'mapping') {
    const keys = section === 'flows' ? '"on" and "steps"' : '"steps"';
    report({ at, code: 'config.invalid', message: `"${name}" is a mapping with ${keys}` });
    return undefined;
  }
  const body = { ...written, node };
  const triggers = readTriggers(body, context);
  const { own, nodes } = isShort(node, context)
    ? splitShort(node, context)
    : readLong(body, context);
  const limits = readLimits(own, report);
  const autonomy = readAutonomyOf(own, report);
  const handling = own.entries.has('on_failure') ? readStepList(own, 'on_failure', report) : [];
  const pattern = triggers.find(({ over }) => over !== undefined)?.over?.pattern;
  if (pattern !== undefined && limits.gather !== undefined)
    refuseGather(own, limits.gather, report);
  const named = pattern && { overTime: pattern.members.flatMap(({ as }) => as ?? []) };
  const lists = { steps: nodes, onFailure: handling };
  const { steps, onFailure } = parseSteps(lists, { ...context, ...named });
  checkEnabled(node, report);
  if (isOff(node) || steps.length === 0) return undefined;
  return {
    name,
    triggers,
    steps,
    ...limits,
    autonomy,
    onFailure: onFailure.length > 0 ? onFailure : undefined,
  };
}

function refuseGather(own: YamlMapping, { kind }: Gather, report: Report): void {
  const message = `"${kind}" does not go with a pattern over time, which has windows of its own`;
  report({ at: keyPlaceAt(own, [kind]), code: 'config.invalid', message });
}

const HANDLER_WITH_TRIGGER: Problem = {
  code: 'config.invalid',
  message: 'a handler has no "on"; what an event starts belongs under "flows"',
};

/** The keys of a flow that are never those of a step. */
const FLOW_KEYS = ['on', 'enabled', 'on_failure', 'autonomy'];

interface FlowBody extends WrittenFlow {
  readonly node: YamlMapping;
}

/** What a flow says of itself, and its steps as they are written. */
interface FlowParts {
  readonly own: YamlMapping;
  readonly nodes: readonly YamlNode[];
}

/** Whether the one step that the flow has stands in place of `steps`. */
function isShort(node: YamlMapping, context: ParseContext): boolean {
  if (node.entries.has('steps')) return false;
  return node.entries.has('if') || hasKind(node, context) || isChoice(node, context);
}

/** Takes the flow apart from its one step. What both might say is the step's. */
function splitShort(node: YamlMapping, context: ParseContext): FlowParts {
  const stepKeys = kindsOf(node, context).flatMap(({ kind, keys }) =>
    FORKS.has(kind) ? keys : [...keys, ...OPTION_KEYS],
  );
  const isOwn = (key: string): boolean =>
    FLOW_KEYS.includes(key) || (LIMIT_KEYS.includes(key) && !stepKeys.includes(key));
  const keys = [...node.entries.keys()];
  const step = pick(
    node,
    keys.filter((key) => !isOwn(key)),
  );
  return { own: pick(node, keys.filter(isOwn)), nodes: [step] };
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

function readLong(body: FlowBody, context: ParseContext): FlowParts {
  const { name, at, node, section } = body;
  const { report } = context;
  const known = [...FLOW_KEYS, ...LIMIT_KEYS, 'steps'];
  const what = section === 'flows' ? 'a flow' : 'a handler';
  const meant = nearKind(node, known, context);
  if (meant !== undefined) {
    const message = `unknown key "${meant.key}" in ${what}, did you mean "${meant.kind}"?`;
    report({ at: meant.at, code: 'config.unknown_key', message });
    return { own: node, nodes: [] };
  }
  checkKeys(node, { what, known, later: LATER_FLOW_KEYS }, report);
  const steps = valueOf(node, 'steps');
  // That "step" must be "steps" has been said.
  const misspelt = [...node.entries.keys()].some((key) => didYouMean(key, ['steps']) !== undefined);
  if (steps === undefined && misspelt) return { own: node, nodes: [] };
  if (steps?.kind === 'list' && steps.items.length > 0) return { own: node, nodes: steps.items };
  const message = `"${name}" needs "steps": a list of 1 to ${STEPS_MAX}`;
  report({ at: steps?.at ?? at, code: 'config.invalid', message });
  return { own: node, nodes: [] };
}

/** The key of a flow without steps that was probably meant to be the kind of its one step. */
function nearKind(
  node: YamlMapping,
  known: readonly string[],
  { shapes }: ParseContext,
): { readonly key: string; readonly at: number; readonly kind: string } | undefined {
  if (node.entries.has('steps')) return undefined;
  const kinds = [...shapes.keys(), ...FORKS.keys()];
  for (const [key, { at }] of node.entries) {
    if (known.includes(key) || LATER_FLOW_KEYS.has(key)) continue;
    const kind = didYouMean(key, [...known, ...kinds]);
    if (kind !== undefined && kinds.includes(kind)) return { key, at, kind };
  }
  return undefined;
}

const enabledSchema = z.boolean();

function checkEnabled(node: YamlMapping, report: Report): void {
  const enabled = valueOf(node, 'enabled');
  if (enabled !== undefined) readWith(enabledSchema, enabled, { report, what: '"enabled"' });
}

/** Whether a flow says that it is disabled: it is checked all the same, and then left out. */
export function isOff(node: YamlNode): boolean {
  const enabled = node.kind === 'mapping' ? valueOf(node, 'enabled') : undefined;
  return enabled?.kind === 'scalar' && enabled.value === false;
}
