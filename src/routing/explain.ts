import { isOwnType } from '../events/own-types.ts';
import { matchesText } from '../events/pattern.ts';
import { excerpt } from '../flows/cel/messages.ts';
import type { Flow, Trigger } from '../flows/flow.ts';
import { TRIGGER_NAMES } from '../flows/names.ts';
import { falseClauses, type Observation, observe } from '../flows/observation.ts';
import { eventScope, type Scope } from '../flows/scope.ts';
import { didYouMean } from '../std/diagnostics.ts';
import {
  type Arrival,
  decide,
  type Entry,
  fitsSource,
  fitsSubject,
  HOPS_MAX,
  type Match,
} from './match.ts';

/** What one trigger of a flow makes of an event, and why. */
export interface TriggerExplanation {
  readonly on: WrittenTrigger;
  /** `starts`, or what stopped the event: an attribute, the condition, or the chain's length. */
  readonly verdict: Verdict;
  /** One sentence that names the rule and the value that it saw. */
  readonly reason: string;
  /** What the pattern wants, where an attribute stopped the event. */
  readonly wanted?: string;
  /** What it saw instead. */
  readonly saw?: string;
  /** The parts of the condition that are false, where it joins several by `&&`. */
  readonly unmet?: readonly string[];
  /** What the condition saw. */
  readonly values?: readonly Observation[];
}

/** A trigger as it is written. */
export interface WrittenTrigger {
  readonly event: string;
  readonly source?: string;
  readonly subject?: string;
  readonly where?: string;
  readonly own?: boolean;
}

export type Verdict =
  | 'starts'
  | 'type'
  | 'source'
  | 'subject'
  | 'filtered'
  | 'dead'
  | 'chain_too_long';

/** How many triggers of a flow are explained; those that came nearest are first. */
export const TRIGGERS_EXPLAINED_MAX = 20;
/** How much of an attribute or of an expression a sentence shows. */
const SHOWN_MAX = 120;
/** From the trigger that decided to those that came least near. */
const NEARNESS: readonly Verdict[] = [
  'starts',
  'dead',
  'chain_too_long',
  'filtered',
  'subject',
  'source',
  'type',
];

/**
 * What each trigger of a flow makes of an event: the same as matching does, told rule by rule. The
 * trigger that decides is the first. Never throws.
 */
export function explainTriggers(flow: Flow, arrival: Arrival): TriggerExplanation[] {
  return flow.triggers
    .map((trigger) => explainTrigger({ flow, trigger }, arrival))
    .toSorted((a, b) => NEARNESS.indexOf(a.verdict) - NEARNESS.indexOf(b.verdict))
    .slice(0, TRIGGERS_EXPLAINED_MAX);
}

function explainTrigger(entry: Entry, arrival: Arrival): TriggerExplanation {
  const on = written(entry.trigger);
  const misfit = misfitOf(entry, arrival);
  if (misfit !== undefined) return { on, ...misfit };
  if (arrival.hops >= HOPS_MAX) {
    const reason = `the chain of causes is ${arrival.hops} long, which is taken for a loop`;
    return { on, verdict: 'chain_too_long', reason };
  }
  const match = decide(entry.flow, entry.trigger, arrival);
  if (match.kind === 'filtered' && match.rule !== undefined)
    return { on, verdict: 'filtered', reason: match.where };
  const { where } = entry.trigger;
  if (where === undefined && match.kind === 'dead') {
    return { on, verdict: 'dead', reason: withoutStop(match.reason) };
  }
  const together = togetherText(match);
  if (where === undefined) {
    return { on, verdict: 'starts', reason: `its attributes fit${together}` };
  }
  const scope: Scope = { get: (name) => eventScope(arrival.event()).get(name) };
  const values = observe(where, scope);
  const text = excerpt(where.text, SHOWN_MAX);
  switch (match.kind) {
    case 'start':
    case 'gathered':
    case 'held':
      return { on, verdict: 'starts', reason: `"${text}" is true${together}`, values };
    case 'dead':
      return { on, verdict: 'dead', reason: withoutStop(match.reason), values };
    case 'filtered': {
      const unmet = falseClauses(where, TRIGGER_NAMES, scope);
      const reason = `"${text}" is false${sawOf(values)}`;
      return { on, verdict: 'filtered', reason, values, ...(unmet.length > 0 && { unmet }) };
    }
  }
}

function togetherText({ kind }: Match): string {
  if (kind === 'held') return ', and it is a member of the pattern';
  return kind === 'gathered' ? ', and it is taken together with others' : '';
}

type Misfit = Pick<TriggerExplanation, 'verdict' | 'reason' | 'wanted' | 'saw'>;

/** The first attribute that the pattern does not take. */
function misfitOf(entry: Entry, arrival: Arrival): Misfit | undefined {
  const { event, source = '*', subject: wanted = '*' } = entry.trigger.pattern;
  const { type, subject = '' } = arrival;
  if (!matchesText(event, type)) {
    return misfitIn('type', { wanted: event, saw: type, hint: typeHint(event, type) });
  }
  if (event === '*' && isOwnType(type)) {
    const hint = '; "*" does not stand for the types that Signalbox records itself, name them';
    return misfitIn('type', { wanted: event, saw: type, hint });
  }
  if (!fitsSource(entry, arrival)) {
    const hint = slipHint(source, arrival.source);
    return misfitIn('source', { wanted: source, saw: arrival.source, hint });
  }
  if (fitsSubject(entry, arrival)) return undefined;
  return misfitIn('subject', { wanted, saw: subject, hint: slipHint(wanted, subject) });
}

function misfitIn(
  verdict: 'type' | 'source' | 'subject',
  { wanted, saw, hint }: { readonly wanted: string; readonly saw: string; readonly hint: string },
): Misfit {
  const has =
    saw === '' ? `it has no ${verdict}` : `its ${verdict} is "${excerpt(saw, SHOWN_MAX)}"`;
  const reason = `${has}, and the flow wants "${excerpt(wanted, SHOWN_MAX)}"${hint}`;
  return { verdict, reason, wanted, saw };
}

function typeHint(wanted: string, saw: string): string {
  return saw.startsWith(`${wanted}.`)
    ? `; "${excerpt(wanted, SHOWN_MAX)}.*" would take it`
    : slipHint(wanted, saw);
}

/** Two words that differ by little are often meant to be one. */
function slipHint(wanted: string, saw: string): string {
  const near = wanted !== '*' && saw !== '' && didYouMean(saw, [wanted]) !== undefined;
  return near ? '; the two differ by little: is one misspelt?' : '';
}

function sawOf(values: readonly Observation[]): string {
  const saw = values.map(({ path, value }) =>
    value === null ? `${path} has no value` : `${path} = ${excerpt(value, SHOWN_MAX)}`,
  );
  return saw.length === 0 ? '' : `: ${saw.join(', ')}`;
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

function written({ pattern: { event, source, subject }, where, own }: Trigger): WrittenTrigger {
  return {
    event,
    ...(source !== undefined && { source }),
    ...(subject !== undefined && { subject }),
    ...(where !== undefined && { where: where.text }),
    ...(own !== undefined && { own }),
  };
}
