import type { Trust } from '../events/event.ts';
import type { Effect } from '../flows/flow.ts';
import type { ToolRisk } from '../flows/tool.ts';
import type { Json } from '../std/json.ts';

/**
 * What a step is about to do, as far as it can be seen before it is done: what the rules of risk
 * judge, and what policies find as `proposal`. What does not belong to its kind is empty.
 */
export interface Act {
  /** The kind of its step, such as `run`; `question` where somebody asks a person. */
  readonly kind: string;
  readonly flow: string;
  readonly step: string;
  /** Of a command: the program and its arguments; that of a shell is `/bin/sh -c TEXT`. */
  readonly argv: readonly string[];
  /** Files and folders that it names, relative to the configuration's folder where it says so. */
  readonly paths: readonly string[];
  /** Lines of text that it writes. */
  readonly lines: number;
  readonly method: string;
  readonly url: string;
  /** The host of `url`, with its port where that is not the usual one. */
  readonly host: string;
  readonly tool: string;
  readonly action: string;
  /** What a person is asked. */
  readonly question: string;
  readonly effect: Effect;
  /** What its gate, its tool or the tool's action declares: the highest of them. */
  readonly declared: ToolRisk | null;
  /** Whether it is given secrets. */
  readonly secrets: boolean;
  /** Of the run's event. */
  readonly trust: Trust;
  /** What it may cost, in the currency of the models' prices; 0 where nobody says. */
  readonly cost: number;
}

/** What does nothing: what an act is made of where its kind says no more. */
export const NO_ACT: Omit<Act, 'kind' | 'flow' | 'step'> = {
  argv: [],
  paths: [],
  lines: 0,
  method: '',
  url: '',
  host: '',
  tool: '',
  action: '',
  question: '',
  effect: 'idempotent',
  declared: null,
  secrets: false,
  trust: 'trusted',
  cost: 0,
};

/** Kinds of steps that change nothing but the log, or only ask a model. */
const INWARD: ReadonlySet<string> = new Set([
  'answer',
  'emit',
  'gate',
  'notify',
  'prompt',
  'question',
  'sleep',
  'task',
  'wait',
]);

const READING = /^(?:GET|HEAD|OPTIONS)$/;

/**
 * Whether it changes something that the log does not hold. A kind that nobody here knows does; a
 * request that only reads does not, nor does a built-in tool's action of low risk.
 */
export function acts({ kind, method, tool, declared, effect }: Act): boolean {
  if (isInward(kind)) return false;
  if (method !== '') return !READING.test(method);
  if (tool !== '' && BUILT_IN.has(tool)) return declared !== 'low' || effect === 'ask';
  return true;
}

/** Whether steps of a kind change nothing but the log, or only ask a model. */
export function isInward(kind: string): boolean {
  return INWARD.has(kind);
}

/** Tools whose actions of low risk are known to read only. */
const BUILT_IN: ReadonlySet<string> = new Set(['filesystem', 'git', 'http']);

/**
 * Whether what it does may be felt outside of the project, or tells somebody there something:
 * requests of every method, commands and tools of a user's own, and all that is not known.
 */
export function isOutward(act: Act): boolean {
  return act.method !== '' || (acts(act) && act.tool !== 'filesystem');
}

/**
 * Whether a stranger's words could do harm by it: the run's event is untrusted, and the act reaches
 * outside or is given secrets.
 */
export function isTainted(act: Act): boolean {
  return act.trust === 'untrusted' && (act.secrets || isOutward(act));
}

/** The act as policies see it, beside what the rules of risk say of it. */
export function describeAct(act: Act): { readonly [name: string]: Json } {
  return {
    ...act,
    command: act.argv.join(' '),
    declared: act.declared ?? '',
    acts: acts(act),
    outward: isOutward(act),
  };
}
