import { type EventDraft, timeProblem } from '../events/event.ts';
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
      const draft = triggerDraft(choreography, start);
      return draft === undefined ? noTrigger(start.flow) : door.admit(draft);
    }
    return door.admitOwn(manualRecord(start, time.now()));
  }
}

/** Where an event comes from that a person begins a choreography by. */
const BY_HAND = 'manual';

/**
 * The event that begins an instance: of the first trigger whose type is whole, as it must be to
 * emit one. Undefined where there is none.
 */
function triggerDraft(
  { triggers }: Choreography,
  { data, by, time, interactive }: ManualStart,
): EventDraft | undefined {
  const patterns = triggers.map(({ pattern }) => pattern);
  const pattern = patterns.find(({ event }) => !event.endsWith('*'));
  if (pattern === undefined) return undefined;
  const subject = isWhole(pattern.subject) ? { subject: pattern.subject } : {};
  const source = isWhole(pattern.source) ? pattern.source : BY_HAND;
  const said = { ...subject, time, actor: by, ...markOf(interactive) };
  return { type: pattern.event, source, ...said, data };
}

function isWhole(pattern: string | undefined): pattern is string {
  return pattern !== undefined && !pattern.endsWith('*');
}

function noTrigger(name: string): ManuallyStarted {
  const problem = `Each trigger of "${name}" stands for several types; emit one of them instead.`;
  return { kind: 'invalid', problem };
}
