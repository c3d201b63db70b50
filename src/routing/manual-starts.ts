import { noSuchFlow } from '../flows/catalog.ts';
import { excerpt } from '../flows/cel/messages.ts';
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

/** Names of flows that a message lists. */
const NAMED_MAX = 20;

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
      return { kind: 'unknown', message: unknownFlow(start.flow, [...flows.keys()]) };
    }
    return door.admitOwn(manualRecord(start, time.now()));
  }
}

function unknownFlow(name: string, names: readonly string[]): string {
  if (names.length === 0) {
    const remedy = 'Start a daemon with: signalbox up';
    return `There is no flow "${excerpt(name)}": none is in force. ${remedy}`;
  }
  const named = names.slice(0, NAMED_MAX).join(', ');
  const rest = names.length - NAMED_MAX;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return `${noSuchFlow(name, names)} In force are: ${named}${more}.`;
}
