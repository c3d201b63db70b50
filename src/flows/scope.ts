import type { Event } from '../events/event.ts';
import type { Json } from '../std/json.ts';

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
export const SCOPE_NAMES = ['event', 'payload', 'steps', 'output', 'run', 'flow', 'now'] as const;

/** What a run adds to the names of its event. */
export interface RunNames {
  /** The outputs of the steps that are done, by id. */
  readonly outputs?: ReadonlyMap<string, Json>;
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
      return names.outputs && Object.fromEntries(Array.from(names.outputs, asStep));
    case 'now':
      return names.now === undefined ? undefined : new Date(names.now).toISOString();
    case 'output':
    case 'run':
    case 'flow':
      return names[name];
    default:
      return undefined;
  }
}

function asStep([id, output]: [string, Json]): [string, Json] {
  return [id, { output }];
}
