import { hash } from 'node:crypto';
import type { Flow, OnFull } from '../flows/flow.ts';
import type { Key } from '../flows/key.ts';
import type { Scope } from '../flows/scope.ts';
import { branchLane } from './lane-names.ts';

/**
 * A lane is a text that a run is born with: the runs of one lane keep the same limits and are
 * granted slots one after the other.
 *
 * It is the flow's name, and where limits go by keys a list of their values behind it, `null` where
 * the limit has no key: `deploy ["api",null,null]` for order, concurrency and throttle. The limits
 * themselves are those of the flow in force: a lane outlives a change of them.
 */

/** What the runs of a lane keep to. */
export interface LaneRules {
  readonly priority: number;
  /** How long a run may wait for its first slot. */
  readonly queueMs: number | undefined;
  readonly limits: readonly Limit[];
}

/** A limit; lanes whose limits have the same name share it. */
export type Limit =
  /** So many runs hold a slot at once. */
  | (Named & { readonly kind: 'running'; readonly limit: number; readonly onFull: OnFull })
  /** No run begins while another one that has begun is open. */
  | (Named & { readonly kind: 'open' })
  /** So many runs begin in `perMs`. */
  | (Named & { readonly kind: 'rate'; readonly limit: number; readonly perMs: number });

interface Named {
  readonly name: string;
}

/** A key's value that is longer is known by its digest. */
const KEY_LENGTH_MAX = 200;

/**
 * The lane of a run that the flow starts for what `scope` names; it is asked for only where a limit
 * has a key.
 *
 * @throws SignalboxError `expression.failed` where a key has no value.
 */
export function laneOf(flow: Flow, scope: () => Scope): string {
  const { order, concurrency, throttle } = flow;
  if (!isKeyed(flow)) return flow.name;
  const keys = [order, concurrency?.key, throttle?.key];
  const names = scope();
  return `${flow.name} ${JSON.stringify(keys.map((key) => valueOf(key, names)))}`;
}

/** Whether a limit of the flow goes by a key, so that its runs stand in several lanes. */
export function isKeyed({ order, concurrency, throttle }: Flow): boolean {
  return order !== undefined || concurrency?.key !== undefined || throttle?.key !== undefined;
}

/** The name of the flow whose lane it is. */
export function flowOfLane(lane: string): string {
  const blank = lane.indexOf(' ');
  return blank < 0 ? lane : lane.slice(0, blank);
}

/**
 * What the lane's runs keep to as the flow stands now; nothing where there is no such flow any
 * more. A limit by key holds only in lanes that were named when it had one.
 */
export function rulesOf(lane: string, flow: Flow | undefined): LaneRules {
  const { priority = 0, queueMs } = flow ?? {};
  // A run that has begun has waited for its first slot already.
  if (flow === undefined || lane === branchLane(flow.name)) {
    return { priority, queueMs: undefined, limits: [] };
  }
  return { priority, queueMs, limits: limitsOf(lane, flow) };
}

function limitsOf(lane: string, { name, order, concurrency, throttle }: Flow): Limit[] {
  const keys = lane === name ? [] : (JSON.parse(lane.slice(name.length)) as (string | null)[]);
  const [ordered, concurrent, throttled] = keys;
  const limits: Limit[] = [];
  if (order !== undefined && holds(order, ordered)) {
    limits.push({ kind: 'open', name: nameOf('order', name, ordered) });
  }
  if (throttle !== undefined && holds(throttle.key, throttled)) {
    const { limit, perMs } = throttle;
    limits.push({ kind: 'rate', name: nameOf('throttle', name, throttled), limit, perMs });
  }
  if (concurrency !== undefined && holds(concurrency.key, concurrent)) {
    const { limit, onFull } = concurrency;
    const shared = nameOf('concurrency', name, concurrent);
    limits.push({ kind: 'running', name: shared, limit, onFull });
  }
  return limits;
}

function holds(key: Key | undefined, value: string | null | undefined): boolean {
  return (key === undefined) === (value === null || value === undefined);
}

function nameOf(limit: string, flow: string, value: string | null | undefined): string {
  return JSON.stringify([limit, flow, value ?? null]);
}

function valueOf(key: Key | undefined, names: Scope): string | null {
  const value = key?.of(names) ?? null;
  return value !== null && value.length > KEY_LENGTH_MAX ? hash('sha256', value, 'hex') : value;
}
