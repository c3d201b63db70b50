import type { Event } from '../events/event.ts';
import { type Condition, compileCondition } from '../flows/condition.ts';
import type { Flow } from '../flows/flow.ts';
import { TRIGGER_NAMES } from '../flows/names.ts';
import { parsePath, PATH_SOURCE, readPath, type Path } from '../flows/path.ts';
import { eventScope } from '../flows/scope.ts';
import { SignalboxError } from '../std/errors.ts';
import { isObject, type Json } from '../std/json.ts';
import { stepsWithin } from './position.ts';

/** Which event a step waits for: of this type, with these values, where the residue holds. */
export interface Wanted {
  readonly event: string;
  /** At least one. Values are compared as texts, so that `7` and `"7"` are one. */
  readonly match: readonly Equality[];
  /** A condition on the event, beside its values. */
  readonly where?: string;
}

/** The place of a value in the event, as it is written, and the value. */
export type Equality = readonly [path: string, value: string];

/** A wait as its run records it. */
export interface Awaiting extends Wanted {
  /** Only events behind this seq count: the last that the wait took, else where the run began. */
  readonly after: number;
  /** The run whose wait it is: of a branch, the run that it is a part of. */
  readonly of: number;
}

/** An event that a wait has taken. */
export interface Awaited {
  readonly event: number;
  /** What stands in place of its data, where hooks amended it. */
  readonly data?: Json;
}

/** How many values one wait may compare. */
export const EQUALITIES_MAX = 8;
/** Characters that a value may have. */
export const VALUE_LENGTH_MAX = 1_000;

const PATH = new RegExp(`^${PATH_SOURCE}$`);

/**
 * The place of a value that a wait names: `pr` and `payload.pr` are a field of the event's data,
 * `event.subject` is an attribute of its own. Undefined where that is no path.
 */
export function placeOf(written: string): Path | undefined {
  if (!PATH.test(written)) return undefined;
  const path = parsePath(written);
  return path.length > 1 && (path[0] === 'event' || path[0] === 'payload')
    ? path
    : ['payload', ...path];
}

/** A value as waits compare it; undefined for what is no text, number or boolean. */
export function comparable(value: Json): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** The places that a wait looks at, as one text: waits with the same ones are found together. */
export function placesKey({ match }: Wanted): string {
  return match.map(([path]) => path).join(' ');
}

/** The values that a wait looks for, in the order of its places, as one text. */
export function valuesKey({ match }: Wanted): string {
  return JSON.stringify(match.map(([, value]) => value));
}

/** The values that an event has at these places; undefined where it lacks one. */
export function valuesOf(event: Event, places: readonly Path[]): string | undefined {
  const scope = eventScope(event);
  const values: string[] = [];
  for (const place of places) {
    const value = comparable(valueAt(place, scope));
    if (value === undefined) return undefined;
    values.push(value);
  }
  return JSON.stringify(values);
}

function valueAt(place: Path, scope: ReturnType<typeof eventScope>): Json {
  try {
    return readPath(place, scope);
  } catch {
    return null;
  }
}

/** The places of a wait that is on record. */
export function placesOf({ match }: Wanted): Path[] {
  return match.map(([path]) => placeOf(path) ?? ['payload', path]);
}

/**
 * The residue of a wait, compiled; undefined where it has none.
 *
 * @throws SignalboxError `wait.unreadable` where it is no condition of this version.
 */
export function residueOf({ where }: Wanted): Condition | undefined {
  if (where === undefined) return undefined;
  const compiled = compileCondition(where, TRIGGER_NAMES);
  if (compiled.kind === 'compiled') return compiled.value;
  throw new SignalboxError('wait.unreadable', `The condition of a wait cannot be read: ${where}`);
}

/** Whether the residue holds for an event. One without a value for it does not. */
export function holds(residue: Condition | undefined, event: Event): boolean {
  try {
    return residue === undefined || residue.test(eventScope(event));
  } catch {
    return false;
  }
}

/** What is waited for, as people read it: `deploy.done where pr = 7`. */
export function wantedText({ event, match, where }: Wanted): string {
  const values = match.map(([path, value]) => `${path} = ${value}`);
  const rest = where === undefined ? [] : [where];
  return `${event} where ${[...values, ...rest].join(' and ')}`;
}

/** The types of events that steps of a flow wait for. */
export function awaitedTypes(flow: Pick<Flow, 'steps' | 'onFailure'>): string[] {
  const steps = stepsWithin([...flow.steps, ...(flow.onFailure ?? [])]);
  return Array.from(steps).flatMap(([, step]) => {
    const input = 'input' in step && isObject(step.input) ? step.input['wait'] : undefined;
    const type = isObject(input) ? input['event'] : undefined;
    return step.kind === 'wait' && typeof type === 'string' ? [type] : [];
  });
}
