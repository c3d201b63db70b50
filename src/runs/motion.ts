import type { Event } from '../events/event.ts';
import type { Flow } from '../flows/flow.ts';
import type { Json } from '../std/json.ts';
import type { LogIdentity, LogRecord } from '../store/contract.ts';
import { idOf, toEvent } from '../store/record.ts';
import type { Run } from './evolve.ts';
import { decodeJournal } from './journal.ts';

/** A run that this process holds: its control state, and what its next step may ask for. */
export interface Motion {
  readonly id: number;
  /** The run's id as shown. */
  readonly shownId: string;
  readonly flow: Flow;
  event(): Event;
  /** The seq of the run's last record. */
  version: number;
  run: Run;
  /** What the steps so far gave, by their ids. */
  readonly outputs: Map<string, Json>;
  /** What the step before gave. */
  output: Json;
}

/** A run taken up: just born, or with the records that it already has. */
export function motionOf(
  { id, version, run }: { readonly id: number; readonly version: number; readonly run: Run },
  origin: { readonly flow: Flow; readonly event: LogRecord; readonly identity: LogIdentity },
  history: readonly LogRecord[],
): Motion {
  const { flow, event, identity } = origin;
  const motion: Motion = {
    id,
    version,
    run,
    flow,
    shownId: idOf(identity, id),
    event: lazily(event, identity),
    outputs: new Map(),
    output: null,
  };
  for (const record of history) {
    const entry = decodeJournal(record);
    if (entry?.type === 'step.completed') remember(motion, entry.step, entry.output);
  }
  return motion;
}

/** Keeps a step's output for the steps behind it. */
export function remember(motion: Motion, step: string, output: Json): void {
  motion.outputs.set(step, output);
  motion.output = output;
}

/** The event, made of its record when somebody first looks at it: most steps never do. */
function lazily(record: LogRecord, identity: LogIdentity): () => Event {
  let event: Event | undefined;
  return () => (event ??= toEvent(record, identity));
}
