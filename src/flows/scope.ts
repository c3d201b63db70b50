import type { Event } from '../events/event.ts';
import { isObject, type Json } from '../std/json.ts';

/**
 * The names that templates and conditions may use, each made only when it is asked for: most flows
 * use few of them, and none costs anything unused.
 */
export interface Scope {
  /**
   * The value of a top-level name such as `event`, `payload` or `steps`; undefined where it has
   * none.
   */
  get(name: string): Json | undefined;
}

/**
 * The names that every flow knows. The rest of SURFACE's list joins with the parts that define
 * them.
 */
export const SCOPE_NAMES = [
  'event',
  'payload',
  'steps',
  'output',
  'run',
  'flow',
  'now',
  'last_run',
  'files',
  'changed_files',
  'returned',
] as const;

/** The same list by two names: `data.files` of an event that has it. */
export const FILES_NAMES = ['files', 'changed_files'] as const;

/** What ended a run: the step that failed for good, and why. */
export interface RunError {
  readonly step: string;
  readonly code: string;
  readonly message: string;
}

/** Why a person gave back what a run proposed. */
export interface Returned {
  readonly reason: string;
  readonly by: string;
  /** The step that was proposed. */
  readonly step: string;
}

/** What stands in its place before anybody has. */
export const NOT_RETURNED: Returned = { reason: '', by: '', step: '' };

/** What a run adds to the names of its event. */
export interface RunNames {
  /** The outputs of the steps that are done, by id. */
  readonly outputs?: ReadonlyMap<string, Json>;
  /** Why the steps failed that their run goes on without, by id. */
  readonly errors?: ReadonlyMap<string, { readonly code: string; readonly message: string }>;
  /** The results that a step gave a name of its own, by that name. */
  readonly named?: ReadonlyMap<string, Json>;
  /** Why the run failed: known to the steps of `on_failure`, and to no other. */
  readonly error?: RunError;
  readonly returned?: Returned;
  /** The previous step's output. */
  readonly output?: Json;
  /** The run's id as shown. */
  readonly run?: string;
  readonly flow?: string;
  /** Engine time in milliseconds. */
  readonly now?: number;
}

/** The scope of an event, and of the run that it started where there is one. Never throws. */
export function eventScope(event: Event, names: RunNames = {}): Scope {
  return { get: (name) => valueOf(name, event, names) };
}

function valueOf(name: string, event: Event, names: RunNames): Json | undefined {
  switch (name) {
    case 'event':
      return { ...event };
    case 'payload':
      return event.data;
    case 'steps':
      return stepsOf(names);
    case 'files':
    case 'changed_files':
      return filesOf(event);
    case 'now':
      return names.now === undefined ? undefined : new Date(names.now).toISOString();
    case 'last_run':
      return lastRunOf(event);
    case 'returned':
      return { ...(names.returned ?? NOT_RETURNED) };
    case 'error':
      return names.error && { ...names.error };
    case 'output':
    case 'run':
    case 'flow':
      return names[name];
    default:
      return names.named?.get(name) ?? overTime(name, event);
  }
}

/** What a pattern over time has beside its last event: all of them, and those that have names. */
function overTime(name: string, event: Event): Json | undefined {
  if (name === 'members') return event.members;
  if (name !== 'events') return undefined;
  return event.events ?? [{ ...event }];
}

/** What an event lists as its files. */
function filesOf({ data }: Event): Json | undefined {
  const files = isObject(data) ? data['files'] : undefined;
  return Array.isArray(files) ? files : undefined;
}

/** When the schedule that the event is of came before: an ISO time, or `never`. */
function lastRunOf({ data }: Event): Json {
  const last = isObject(data) ? data['last_run'] : undefined;
  return typeof last === 'string' ? last : 'never';
}

/** What is known of each step: its output, or the error that its run goes on without it for. */
function stepsOf({ outputs, errors }: RunNames): Json | undefined {
  if (outputs === undefined && errors === undefined) return undefined;
  const done = Array.from(outputs ?? [], ([id, output]) => [id, { output }] as const);
  const failed = Array.from(errors ?? [], ([id, error]) => [id, { error }] as const);
  return Object.fromEntries<Json>([...done, ...failed]);
}
