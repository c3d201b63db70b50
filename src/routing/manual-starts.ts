import { timeProblem } from '../events/event.ts';
import { notInForce } from '../flows/catalog.ts';
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

/** Starts flows by their names: what is recorded is an event, so the router starts the run. */
export class ManualStarts {
  readonly #options: ManualStartsOptions;

  constructor(options: ManualStartsOptions) {
    this.#options = options;
  }

  /** Resolves when the start is durable, or says why it is not. */
  async start(start: ManualStart): Promise<ManuallyStarted> {
    const { catalogs, door, time } = this.#options;
    const { flows } = (await catalogs.at(Number.POSITIVE_INFINITY)).catalog;
    if (!flows.has(start.flow)) {
      return { kind: 'unknown', message: notInForce(start.flow, [...flows.keys()]) };
    }
    const problem = timeProblem(start.time);
    if (problem !== undefined) return { kind: 'invalid', problem };
    return door.admitOwn(manualRecord(start, time.now()));
  }
}
