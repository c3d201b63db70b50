import type { Trust } from '../events/event.ts';
import type { Effect } from '../flows/flow.ts';
import type { ToolRisk } from '../flows/tool.ts';
import { isObject, type Json } from '../std/json.ts';
import { type Act, NO_ACT } from './act.ts';
import { RISK_LEVELS } from './risk.ts';

/** A step that is about to be taken. */
export interface StepAct {
  readonly kind: string;
  readonly flow: string;
  readonly step: string;
  /** The step's mapping with its templates filled in. */
  readonly input: Json;
  readonly effect: Effect;
  /** Of the run's event. */
  readonly trust: Trust;
  /** Whether the step lists secrets. */
  readonly secrets: boolean;
  /** What its gate declares, and its tool: undefined where they say nothing. */
  readonly declared?: readonly (ToolRisk | undefined)[];
  /** What the step's tool runs, where it is a command of the user's own. */
  readonly command?: readonly string[] | undefined;
}

/** What a step does, as its rendered input says it. Never throws, whatever that holds. */
export function actOf(taken: StepAct): Act {
  const { kind, flow, step, effect, trust, secrets } = taken;
  const said = {
    kind,
    flow,
    step,
    effect,
    trust,
    secrets,
    declared: highest(taken.declared ?? []),
  };
  const input = isObject(taken.input) ? taken.input : {};
  return { ...NO_ACT, ...said, cost: costOf(input), ...ofKind(taken, input) };
}

type Fields = { readonly [name: string]: Json };

function ofKind({ kind, command = [] }: StepAct, input: Fields): Partial<Act> {
  switch (kind) {
    case 'run':
      return ofCommand(input);
    case 'http':
      return ofRequest(fieldsOf(input['http']));
    case 'tool':
      return ofTool(input, command);
    default:
      return {};
  }
}

function ofCommand({ run, cwd }: Fields): Partial<Act> {
  const argv = typeof run === 'string' ? ['/bin/sh', '-c', run] : listOf(run ?? null).map(textOf);
  return { argv, paths: cwd === undefined || cwd === '.' ? [] : [textOf(cwd)] };
}

function ofRequest({ method, url, json, body }: Fields): Partial<Act> {
  const isBare = json === undefined && body === undefined;
  const address = textOf(url ?? '');
  return {
    method: textOf(method ?? (isBare ? 'GET' : 'POST')).toUpperCase(),
    url: address,
    host: URL.canParse(address) ? new URL(address).host : '',
  };
}

function ofTool(input: Fields, argv: readonly string[]): Partial<Act> {
  const named = { tool: textOf(input['tool'] ?? ''), action: textOf(input['action'] ?? '') };
  const given = fieldsOf(input['with']);
  if (named.tool === 'http') return { ...named, ...ofRequest(given) };
  const files = listOf(given['files'] ?? null).map(fieldsOf);
  const paths = [given['path'] ?? [], ...files.map(({ path = [] }) => path)].flatMap(textsOf);
  const texts = [given['content'] ?? '', ...files.map(({ content = '' }) => content)];
  return {
    ...named,
    argv,
    paths,
    lines: texts.reduce((sum: number, text) => sum + linesOf(text), 0),
  };
}

/** What the steps of a model may cost at most, where they say so. */
function costOf({ budget }: Fields): number {
  const { money } = fieldsOf(budget);
  return typeof money === 'number' ? money : 0;
}

/** Of several declarations the highest. */
export function highest(declared: readonly (ToolRisk | undefined)[]): ToolRisk | null {
  return RISK_LEVELS.findLast((level) => declared.includes(level)) ?? null;
}

function fieldsOf(value: Json | undefined): Fields {
  return isObject(value) ? value : {};
}

function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function textsOf(value: Json): string[] {
  return Array.isArray(value) ? listOf(value).map(textOf) : [textOf(value)];
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function linesOf(value: Json): number {
  const text = textOf(value);
  return text === '' ? 0 : text.split('\n').length;
}
