import { timeProblem } from '../events/event.ts';
import { notInForce } from '../flows/catalog.ts';
import type { Choreography } from '../flows/choreography.ts';
import { markOf } from '../runs/interactive.ts';
import { manualRecord, type ManualStart } from '../runs/named-start.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Admission, Doorkeeper } from './admission.ts';
import type { Catalogs } from './catalogs.ts';

/** What became of a start by hand. */
export type ManuallyStarted =
  | Admission
  /** No flow in force has this name. The message names those that there are. */
  | { readonly kind: 'unknown'; readonly message: string };

export interface ManualStartsOptions {
  readonly catalogs: Pick<Catalogs, 'at'>;
  readonly door: Doorkeeper;
  readonly time: EngineTime;
}

/**
 * Starts flows by their names, and choreographies by their triggers: what is recorded is an event,
 * so the router starts the run.
 */
export class ManualStarts {
  readonly #options: ManualStartsOptions;

  constructor(options: ManualStartsOptions) {
    this.#options = options;
  }

  /** Resolves when the start is durable, or says why it is not. */
  async start(start: ManualStart): Promise<ManuallyStarted> {
    const { catalogs, door, time } = this.#options;
    const { flows, choreographies } = (await catalogs.at(Number.POSITIVE_INFINITY)).catalog;
    const problem = timeProblem(start.time);
    const choreography = choreographies?.get(start.flow);
    if (choreography === undefined && !flows.has(start.flow)) {
      const names = [...(choreographies?.keys() ?? []), ...flows.keys()];
      return { kind: 'unknown', message: notInForce(start.flow, names) };
    }
    if (problem !== undefined) return { kind: 'invalid', problem };
    if (choreography !== undefined) {
      const trigger = triggerOf(choreography);
      if ('problem' in trigger) return { kind: 'invalid', problem: trigger.problem };
      const { data, by: actor, request: requestid, interactive } = start;
      const said = { data, actor, requestid, time: start.time };
      const draft = { ...trigger, ...said, ...markOf(interactive) };
      return door.admit(draft);
    }
    return door.admitOwn(manualRecord(start, time.now()));
  }
}

/** Where an event comes from that a person begins a choreography by. */
const BY_HAND = 'manual';

/** The event that begins an instance. */
export interface InstanceTrigger {
  readonly type: string;
  readonly source: string;
  readonly subject?: string;
}

/**
 * What begins an instance by hand: the first trigger whose type is whole, as it must be to emit
 * one; or why there is none.
 */
export function triggerOf({
  name,
  triggers,
}: Choreography): InstanceTrigger | { readonly problem: string } {
  const patterns = triggers.map(({ pattern }) => pattern);
  const pattern = patterns.find(({ event }) => !event.endsWith('*'));
  if (pattern === undefined) {
    return {
      problem: `Each trigger of "${name}" stands for several types; emit one of them instead.`,
    };
  }
  const subject = isWhole(pattern.subject) ? { subject: pattern.subject } : {};
  const source = isWhole(pattern.source) ? pattern.source : BY_HAND;
  return { type: pattern.event, source, ...subject };
}

function isWhole(pattern: string | undefined): pattern is string {
  return pattern !== undefined && !pattern.endsWith('*');
}
