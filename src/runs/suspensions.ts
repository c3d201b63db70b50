import type { Step } from '../flows/flow.ts';
import type { JournalEvent } from './journal.ts';
import type { Motion } from './motion.ts';
import { isAction, type Move } from './next.ts';
import type { StepResult } from './step-kind.ts';

/**
 * The flows whose runs stop where they are, since somebody has paused them at once. A run gives
 * back its slot before its next step, and asks for it again as soon as the pause ends. A command
 * under way is told to end, and is called again then; one that must not be repeated ends by itself.
 */
export class Suspensions {
  /** Who has said so, of a flow, or (null) of all. */
  readonly #flows = new Map<string | null, string>();

  begin(flow: string | null, by: string): void {
    this.#flows.set(flow, by);
  }

  end(flow: string | null): void {
    this.#flows.delete(flow);
  }

  /** Whether the step may be told to end, since it is called again later. */
  stops({ flow, run }: Motion, step: Step | undefined): boolean {
    if (step === undefined || !isAction(step) || step.effect !== 'idempotent') return false;
    return run.state === 'running' && this.#by(flow.name) !== undefined;
  }

  /** The record in place of a move that would begin something; undefined where it is made. */
  before({ flow, run }: Motion, step: Step, { move, now }: Moving): JournalEvent | undefined {
    const by = this.#by(flow.name);
    // What has a record of its own goes on with what a death broke off.
    const begins = move.kind === 'call' || move.kind === 'arrive' || move.kind === 'fork';
    if (by === undefined || !begins || 'record' in move) return undefined;
    return { type: 'step.parked', at: run.at, step: step.id, due: now, reason: pausedBy(by) };
  }

  /** The record of a call that was told to end; undefined where its result counts. */
  after(motion: Motion, step: Step, called: StepResult, now: number): JournalEvent | undefined {
    if (!('error' in called) || !this.stops(motion, step)) return undefined;
    const { at, attempt } = motion.run;
    const message = `It was told to end: ${pausedBy(this.#by(motion.flow.name) ?? '')}.`;
    const error = { code: 'step.suspended', message, happened: 'maybe' } as const;
    return { type: 'step.retrying', at, step: step.id, attempt, error, due: now };
  }

  #by(flow: string): string | undefined {
    return this.#flows.get(null) ?? this.#flows.get(flow);
  }
}

/** What a run is about to do, and when. */
interface Moving {
  readonly move: Move;
  readonly now: number;
}

function pausedBy(by: string): string {
  return `${by} has paused its flow at once`;
}
