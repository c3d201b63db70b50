import type { Event } from '../events/event.ts';
import type { Flow } from '../flows/flow.ts';
import type { Json } from '../std/json.ts';
import type { LogIdentity, LogRecord } from '../store/contract.ts';
import { idOf, toEvent } from '../store/record.ts';
import type { Run } from './evolve.ts';
import { decodeJournal } from './journal.ts';

/** Where a run comes from: what does not change while it moves. */
export interface Origin {
  readonly flow: Flow;
  readonly event: LogRecord;
  readonly identity: LogIdentity;
}

/**
 * A run that this process holds: its control state, and what its next step may ask for.
 *
 * Event and outputs are made when somebody first looks at them: most steps never do.
 */
export class Motion {
  readonly id: number;
  /** The run's id as shown. */
  readonly shownId: string;
  readonly flow: Flow;
  /** The seq of the run's last record. */
  version: number;
  run: Run;
  /** What the step before gave. */
  output: Json = null;
  #outputs: Map<string, Json> | undefined;
  #event: Event | undefined;
  readonly #cause: LogRecord;
  readonly #identity: LogIdentity;

  constructor(id: number, run: Run, { flow, event, identity }: Origin) {
    this.id = id;
    this.shownId = idOf(identity, id);
    this.flow = flow;
    this.version = id;
    this.run = run;
    this.#cause = event;
    this.#identity = identity;
  }

  get event(): Event {
    return (this.#event ??= toEvent(this.#cause, this.#identity));
  }

  /** What the steps so far gave, by their ids. */
  get outputs(): ReadonlyMap<string, Json> {
    return this.#outputs ?? NO_OUTPUTS;
  }

  /** Keeps a step's output for the steps behind it. */
  remember(step: string, output: Json): void {
    this.#outputs ??= new Map();
    this.#outputs.set(step, output);
    this.output = output;
  }

  /** Takes up a run that has moved before: its records, oldest first, and where they led to. */
  static resumed(
    { id, version, run }: { readonly id: number; readonly version: number; readonly run: Run },
    origin: Origin,
    history: readonly LogRecord[],
  ): Motion {
    const motion = new Motion(id, run, origin);
    motion.version = version;
    for (const record of history) {
      const entry = decodeJournal(record);
      if (entry?.type === 'step.completed') motion.remember(entry.step, entry.output);
    }
    return motion;
  }
}

const NO_OUTPUTS: ReadonlyMap<string, Json> = new Map();
