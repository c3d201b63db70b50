import type { Event } from '../events/event.ts';
import type { ActionStep } from '../flows/flow.ts';
import { formatDuration } from '../std/duration.ts';
import type { Json } from '../std/json.ts';
import type { Store } from '../store/contract.ts';
import { toEvent } from '../store/record.ts';
import { failure, OUTPUT_LENGTH_MAX } from './attempt.ts';
import { type Awaited, wantedText } from './awaiting.ts';
import type { StepWaiting } from './journal.ts';
import type { Motion } from './motion.ts';
import type { StepResult } from './step-kind.ts';

/** Who knows which events open waits have been shown. */
export interface WaitKeeper {
  /** Whether there are as many open waits as may be. */
  readonly isFull: boolean;
  /**
   * Resolves to true when each event up to `seq` has been shown to the waits that were open, and
   * what they took is durable; to false where that will not come about, since the daemon stops.
   */
  caughtUp(seq: number): Promise<boolean>;
}

/** What becomes of a run whose time has come while it rested. */
export type Woken =
  /** It has slept, or its event is here: the step is done. */
  | { readonly kind: 'done'; readonly output: Json }
  /** It was held meanwhile: its wait is recorded anew. */
  | { readonly kind: 'again'; readonly record: StepWaiting }
  /** The step has failed; `isOver` where that is since nothing came in time. */
  | { readonly kind: 'failed'; readonly result: StepResult; readonly isOver: boolean };

/** What becomes of the run, as its records say. */
export async function wake(
  { run, wait: rest }: Motion,
  step: ActionStep,
  { store, now }: { readonly store: Pick<Store, 'readAt' | 'identity'>; readonly now: number },
): Promise<Woken> {
  if (rest === undefined) return { kind: 'done', output: null };
  const { wait, until, awaited, held } = rest;
  if (awaited !== undefined) return taken(await find(awaited, store), step);
  if (held === true || until === null || now < until) {
    const record = { type: 'step.waiting', at: run.at, step: step.id, due: until, wait } as const;
    return { kind: 'again', record };
  }
  const message = `No event came in time that step "${step.id}" waits for: ${wantedText(wait)}.`;
  return { kind: 'failed', result: failure('wait.timed_out', message), isOver: true };
}

/**
 * The newest record that is durable, also where its writer has not been told of it yet: what came
 * in time is in the log by then, and may be on its way.
 */
export async function newestSeq(store: Pick<Store, 'head' | 'read'>): Promise<number> {
  const after = store.head();
  const [newest] = await store.read({ after, limit: 1, newestFirst: true });
  return newest?.seq ?? after;
}

/** Where no more waits may be open: the step is called again a little later. */
export function crowded(now: number): StepResult {
  const reason = `as many waits are open as may be; tried again in ${formatDuration(PARKED_MS)}`;
  return { kind: 'park', until: now + PARKED_MS, reason };
}

const PARKED_MS = 60_000;

async function find(
  { event: seq, data }: Awaited,
  store: Pick<Store, 'readAt' | 'identity'>,
): Promise<Event | undefined> {
  const [record] = await store.readAt([seq]);
  try {
    const event = record === undefined ? undefined : toEvent(record, store.identity);
    return event === undefined || data === undefined ? event : { ...event, data };
  } catch {
    // Its payload was erased.
    return undefined;
  }
}

function taken(event: Event | undefined, { id }: ActionStep): Woken {
  if (event === undefined) {
    const message = `The event that step "${id}" waited for is no longer in the log.`;
    return { kind: 'failed', result: failure('wait.event_gone', message), isOver: false };
  }
  const { length } = JSON.stringify(event);
  if (length <= OUTPUT_LENGTH_MAX) return { kind: 'done', output: { ...event } };
  const message =
    `The event that step "${id}" waited for has ${length} characters; ` +
    `at most ${OUTPUT_LENGTH_MAX} are kept of what a step gives.`;
  const result = failure('step.output_too_large', message);
  return { kind: 'failed', result, isOver: false };
}
