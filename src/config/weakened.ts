import { isDeepStrictEqual } from 'node:util';
import { AUTONOMY_DEFAULT } from '../gates/autonomy.ts';
import { RISK_LEVELS } from '../gates/risk.ts';
import type { Policy } from '../gates/policy-table.ts';
import { personOf } from '../identity/people.ts';
import { PERSON_ROLES, type PersonRole } from '../identity/roles.ts';
import type { SourceDefinition } from '../flows/source.ts';
import { isLoopback } from '../std/http/address.ts';
import type { Settings } from './settings.ts';

/** How one setting protects less than before, as a sentence without its full stop. */
type Weakening = (before: Settings, after: Settings) => readonly string[];

/**
 * How settings protect less than others did: for whoever puts them in force, and for the log. What
 * a step has written may not weaken what it runs under without a word.
 */
export function weakened(before: Settings, after: Settings): string[] {
  return WEAKENINGS.flatMap((weakening) => weakening(before, after));
}

/** Sources by name, and the settings that hold where they say nothing. */
export interface LimitedSources extends Pick<Settings, 'queue_overflow'> {
  readonly sources: ReadonlyMap<string, SourceDefinition>;
}

/** The same of sources: those that start nothing of what is too much are told. */
export function weakenedSources(before: LimitedSources, after: LimitedSources): string[] {
  return [...after.sources.keys()]
    .filter((name) => drops(after, name) && !drops(before, name))
    .map((name) => `events of ${name} start nothing where too many wait (queue_overflow)`);
}

function drops({ sources, queue_overflow }: LimitedSources, name: string): boolean {
  const queue = sources.get(name)?.queue;
  return queue !== undefined && (queue.overflow ?? queue_overflow) === 'drop';
}

const WEAKENINGS: readonly Weakening[] = [
  hostsOpened,
  namesAdded,
  requestsUnlimited,
  reachWidened,
  isolationLoosened,
  metricsOpened,
  peopleStrengthened,
  autonomyRaised,
  gatesOpened,
  policiesApproving,
  toldLess,
  fallBackLater,
  hooksGone,
  chainsLonger,
  overflowDropped,
  logShortened,
];

function hostsOpened(before: Settings, after: Settings): string[] {
  return (['host', 'webhook_host'] as const)
    .filter((name) => isLoopback(before[name]) && !isLoopback(after[name]))
    .map((name) => `"${name}: ${after[name]}" lets other machines in`);
}

function namesAdded({ hosts: before }: Settings, { hosts: after }: Settings): string[] {
  return added(before, after).map((host) => `requests to the name ${host} are taken`);
}

function requestsUnlimited(before: Settings, after: Settings): string[] {
  const [old, fresh] = [rateOf(before), rateOf(after)];
  return fresh > old ? ['clients may ask more often'] : [];
}

/** Requests in a millisecond. */
function rateOf({ request_limit: paced }: Settings): number {
  return paced === undefined ? Number.POSITIVE_INFINITY : paced.limit / paced.per;
}

function reachWidened({ security: before }: Settings, { security: after }: Settings): string[] {
  const hosts = added(before.http_allow, after.http_allow);
  return hosts.map((host) => `requests of flows reach ${host}`);
}

function isolationLoosened({ security: before }: Settings, { security }: Settings): string[] {
  const isOff = security.isolation === 'off' && before.isolation !== 'off';
  const isOptional = before.require_isolation && !security.require_isolation;
  return [
    ...(isOff ? ['commands of steps are not isolated from the daemon'] : []),
    ...(isOptional ? ['the daemon starts also where commands cannot be isolated'] : []),
  ];
}

function metricsOpened({ security: before }: Settings, { security: after }: Settings): string[] {
  return after.open_metrics && !before.open_metrics ? ['metrics are told without a token'] : [];
}

function peopleStrengthened({ people: before }: Settings, { people: after }: Settings): string[] {
  const stronger = Object.entries(after).flatMap(([name, { roles }]) => {
    const strength = strengthOf(roles);
    const isStronger = strength > strengthOf(personOf(before, name)?.roles ?? []);
    return isStronger ? [`${name} is ${PERSON_ROLES[strength]}`] : [];
  });
  const isAlone = Object.keys(before).length > 0 && Object.keys(after).length === 0;
  return isAlone ? ['the owner decides on everything alone (people)'] : stronger;
}

/** The place of the strongest of some roles; -1 for none. */
function strengthOf(roles: readonly PersonRole[]): number {
  return Math.max(-1, ...roles.map((role) => PERSON_ROLES.indexOf(role)));
}

function autonomyRaised({ autonomy: before }: Settings, { autonomy: after }: Settings): string[] {
  const [old, fresh] = [before ?? AUTONOMY_DEFAULT, after ?? AUTONOMY_DEFAULT];
  return fresh > old ? [`more happens without a person (autonomy ${fresh})`] : [];
}

/** A threshold approves what is less risky, written gates too; without one, those all ask. */
function gatesOpened({ gates: before }: Settings, { gates: after }: Settings): string[] {
  const [old, fresh] = [before.threshold, after.threshold];
  const isStricter =
    fresh === 'low' ||
    (fresh !== undefined &&
      old !== undefined &&
      RISK_LEVELS.indexOf(fresh) <= RISK_LEVELS.indexOf(old));
  if (old === fresh || isStricter) return [];
  const asked = fresh === undefined ? 'as autonomy says' : `from ${fresh} risk on`;
  return [`people are asked ${asked} (gates.threshold)`];
}

function policiesApproving({ gates: before }: Settings, { gates: after }: Settings): string[] {
  const texts = (policies: readonly Policy[], said: Policy['answer']): string[] =>
    policies
      .filter(({ answer }) => answer === said)
      .map(({ name, condition }) => `${name}: ${condition.text}`);
  const rejecting = texts(after.policies, 'reject');
  const asking = [...texts(after.policies, 'ask'), ...rejecting];
  const approving = added(texts(before.policies, 'approve'), texts(after.policies, 'approve'));
  return [
    ...approving.map((policy) => `a policy approves by itself (${policy})`),
    ...added(asking, texts(before.policies, 'ask')).map(
      (policy) => `a policy asks no more (${policy})`,
    ),
    ...added(rejecting, texts(before.policies, 'reject')).map(
      (policy) => `a policy rejects no more (${policy})`,
    ),
    ...(isReordered(before.policies, after.policies)
      ? ['policies stand in another order, of which the first that holds counts']
      : []),
  ];
}

/** Whether those that stand in both stand there one behind the other in another order. */
function isReordered(before: readonly Policy[], after: readonly Policy[]): boolean {
  const texts = (policies: readonly Policy[]): string[] =>
    policies.map(({ name, answer, condition }) => `${name} ${answer}: ${condition.text}`);
  const [old, fresh] = [texts(before), texts(after)];
  const kept = fresh.filter((each) => old.includes(each));
  return old.filter((each) => fresh.includes(each)).some((each, place) => kept[place] !== each);
}

function toldLess({ gates: before }: Settings, { gates: after }: Settings): string[] {
  const gone = added(after.notify ?? [], before.notify ?? []);
  return gone.map((name) => `${name} is told of proposals no more (gates.notify)`);
}

function fallBackLater({ gates: before }: Settings, { gates: after }: Settings): string[] {
  const times = ({ fall_back_after: number }: Settings['gates']): number =>
    number === 0 ? Number.POSITIVE_INFINITY : number;
  return times(after) > times(before) ? ['flows that fail go on longer without asking'] : [];
}

function hooksGone({ hooks: before }: Settings, { hooks: after }: Settings): string[] {
  const present = hooksOf(after);
  return [...hooksOf(before)]
    .filter(([text, hook]) => !isDeepStrictEqual(present.get(text), hook))
    .map(([text]) => {
      const words = present.has(text) ? 'differently than before' : 'no more';
      return `a hook is asked ${words} (${text})`;
    });
}

/** Each by what people know it as, and all that is written of it. */
function hooksOf(hooks: Settings['hooks']): ReadonlyMap<string, object> {
  return new Map(
    Object.entries(hooks).flatMap(([name, list = []]) =>
      list.map((hook) => [`${name} ${hook.module ?? hook.command?.join(' ')}`, { name, ...hook }]),
    ),
  );
}

function chainsLonger(
  { loop_budget: before }: Settings,
  { loop_budget: after }: Settings,
): string[] {
  const isLonger = after.runs > before.runs || after.time > before.time;
  return isLonger ? ['chains of causes may go on for longer (loop_budget)'] : [];
}

function overflowDropped(before: Settings, after: Settings): string[] {
  const isNew = after.queue_overflow === 'drop' && before.queue_overflow !== 'drop';
  return isNew ? ['runs are dropped where too much waits (queue_overflow)'] : [];
}

function logShortened({ retention: before }: Settings, { retention: after }: Settings): string[] {
  const never = Number.POSITIVE_INFINITY;
  return (['events', 'decisions', 'size'] as const)
    .filter((name) => (after[name] ?? never) < (before[name] ?? never))
    .map((name) => `less of the log is kept (retention.${name})`);
}

/** What is in the second list alone. */
function added(before: readonly string[], after: readonly string[]): string[] {
  return after.filter((each) => !before.includes(each));
}
