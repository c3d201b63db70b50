import { SignalboxError } from '../std/errors.ts';
import type { Signalbox } from '../signalbox.ts';
import type { CommitSignal } from '../store/commit-signal.ts';
import type { Disposition } from '../views/disposition.ts';
import { findEvent } from '../views/event-page.ts';
import { type EventResult, eventResult } from '../views/event-result.ts';
import { routedTo } from '../views/log-reader.ts';
import { findRun } from '../views/run-page.ts';
import type { RunView } from '../views/run-view.ts';

/** A flow that is started by hand. */
export interface HandledStart {
  readonly flow: string;
  /** What it finds as its event's data: JSON. */
  readonly data: string;
  /** When it happened, as RFC 3339. */
  readonly time?: string | undefined;
  /** Whether somebody is asked before each step that acts. */
  readonly interactive?: boolean | undefined;
}

/** What handling needs of the engine. */
export interface Handling {
  readonly box: Signalbox;
  readonly commits: CommitSignal;
  /** Aborted when the engine is asked to stop. */
  readonly stopping: AbortSignal;
}

/** How often is looked again whether an event is routed, which no commit of a record tells. */
const LOOK_MS = 20;
/** The same for the end of a run, which is a record. */
const END_LOOK_MS = 60_000;

/**
 * Starts a flow and resolves when its run has ended.
 *
 * @throws SignalboxError `flow.unknown`, `event.invalid`, `event.refused` where the log takes
 *   nothing at present, `orchestrator.stopped`.
 */
export async function handleEvent(handling: Handling, start: HandledStart): Promise<EventResult> {
  const { box, commits, stopping } = handling;
  const started = await box.trigger({ ...start, by: 'code' });
  if (started.kind === 'unknown') throw new SignalboxError('flow.unknown', started.message);
  if (started.kind === 'invalid') throw new SignalboxError('event.invalid', started.problem);
  if (started.kind !== 'accepted') throw new SignalboxError('event.refused', refusal(started));
  const { id, seq } = started;
  while (routedTo(box) < seq) {
    await commits.next(LOOK_MS, stopping);
    assertGoingOn(stopping);
  }
  const disposition = (await findEvent(box, id))?.disposition ?? [];
  const runs: RunView[] = [];
  for (const { run } of disposition) {
    if (run !== null) runs.push(await ended(handling, run));
  }
  const refusals = disposition.flatMap(refusalOf);
  return eventResult([{ id, runs, refusals, silence: `Flow ${start.flow} was not started.` }]);
}

async function ended({ box, commits, stopping }: Handling, run: string): Promise<RunView> {
  for (;;) {
    const head = box.store.head();
    const view = await findRun(box, run);
    if (view !== undefined && view.ended !== null) return view;
    // What was recorded while we looked has told us already.
    if (box.store.head() === head) await commits.next(END_LOOK_MS, stopping);
    assertGoingOn(stopping);
  }
}

function assertGoingOn({ aborted }: AbortSignal): void {
  if (!aborted) return;
  const message = 'It was stopped before the run had ended; the run goes on with the next start.';
  throw new SignalboxError('orchestrator.stopped', message);
}

function refusalOf({ outcome, reason, run }: Disposition): string[] {
  return run === null ? [reason ?? outcome] : [];
}

function refusal(refused: { readonly kind: string; readonly reason?: string }): string {
  return `The log takes nothing at present: ${refused.reason ?? refused.kind}.`;
}
