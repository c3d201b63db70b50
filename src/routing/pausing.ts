import { type Attribution, attributionOf } from '../events/attribution.ts';
import { notInForce } from '../flows/catalog.ts';
import type { Runner } from '../runs/runner.ts';
import type { Pause, Pauses } from '../runs/pauses.ts';
import { SignalboxError } from '../std/errors.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Catalogs } from './catalogs.ts';

export interface PausingOptions {
  readonly pauses: Pauses;
  readonly runner: Runner;
  readonly catalogs: Catalogs;
  readonly time: EngineTime;
}

/** Who pauses, and why. */
export interface PauseDecision extends Attribution {
  readonly reason?: string | undefined;
  /** Whether what is under way stops where it is, too. */
  readonly now?: boolean | undefined;
}

/** Holds runs back and lets them go on: records it first, so that it holds over restarts. */
export class Pausing {
  readonly #options: PausingOptions;

  constructor(options: PausingOptions) {
    this.#options = options;
  }

  /** What is paused, the oldest first. */
  get all(): readonly Pause[] {
    return this.#options.pauses.all;
  }

  get holdsAll(): boolean {
    return this.#options.pauses.has(null);
  }

  /** What was paused before still is, and all of it where that is asked for. */
  async start(paused: boolean): Promise<void> {
    for (const pause of this.all) this.#hold(pause);
    if (paused) await this.pause(undefined, { by: 'up --paused' });
  }

  /** @throws SignalboxError `flow.unknown`, and `data.unusable` where the disk is full. */
  async pause(name: string | undefined, decision: PauseDecision): Promise<boolean> {
    const { pauses, time } = this.#options;
    const { reason = null, now = false } = decision;
    const by = attributionOf(decision);
    const flow = name ?? null;
    await this.#find(flow);
    const changed = await pauses.pause({ flow, ...by, reason, now }, time);
    if (changed) this.#hold({ flow, by: by.by, now });
    return changed;
  }

  #hold({ flow, by, now }: Pick<Pause, 'flow' | 'by' | 'now'>): void {
    const { runner } = this.#options;
    if (now) runner.suspend(flow, by);
    else runner.pause(flow);
  }

  /**
   * A flow that is paused may be resumed though it is in force no more.
   *
   * @throws SignalboxError `flow.unknown`, and `data.unusable` where the disk is full.
   */
  async resume(name: string | undefined, by: Attribution): Promise<boolean> {
    const { pauses, runner, time } = this.#options;
    const flow = name ?? null;
    if (!pauses.has(flow)) await this.#find(flow);
    const changed = await pauses.resume({ flow, ...attributionOf(by) }, time);
    if (changed) runner.resume(flow);
    return changed;
  }

  async #find(name: string | null): Promise<void> {
    const flows = await this.#options.catalogs.flowsInForce();
    if (name === null || flows.has(name)) return;
    throw new SignalboxError('flow.unknown', notInForce(name, [...flows.keys()]));
  }
}
