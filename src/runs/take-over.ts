import { formatDuration } from '../std/duration.ts';
import type { RunRow, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Driver } from './driver.ts';
import type { FindFlow } from './flow-finder.ts';
import type { Forks } from './forks.ts';
import type { Decision } from './journal.ts';
import type { Motion } from './motion.ts';
import { claim, type Session } from './next.ts';
import { findPauseRequest, type OwedPause, pauseOf } from './pause-requests.ts';
import { stepAt } from './position.ts';

export interface TakeOverOptions {
  readonly store: Store;
  readonly driver: Driver;
  readonly forks: Forks;
  readonly findFlow: FindFlow;
  readonly time: EngineTime;
  /** Has a run rest when the step is over that is under way here. */
  readonly expectPause: (run: number, decision: Decision) => void;
}

/** Takes up runs that this process did not bear: from the queue, or from a session before. */
export class TakeOver {
  readonly #options: TakeOverOptions;

  constructor(options: TakeOverOptions) {
    this.#options = options;
  }

  /**
   * The run of that row, where its records have led it.
   *
   * @throws Error where its catalog, its event or its records cannot be read.
   */
  async motionOf(row: RunRow): Promise<Motion> {
    const motion = await this.#options.forks.takeUp(row);
    if (stepAt(motion.flow, motion.run.at) === undefined)
      throw new Error(`its flow has no step at ${motion.run.at}`);
    return motion;
  }

  /** A pause that was asked for while the step of a run was under way whose daemon then ended. */
  async pauseOwed({ id, state, epoch }: RunRow, session: Session): Promise<OwedPause | undefined> {
    const isLeft = state === 'running' || (state === 'waiting' && epoch !== session.epoch);
    return isLeft ? findPauseRequest(this.#options.store, id) : undefined;
  }

  /**
   * Drives the run on as this session's, until it rests or ends; with `pause`, until the step is
   * over behind which it was to rest.
   */
  async drive(motion: Motion, session: Session, pause?: OwedPause): Promise<void> {
    const { driver, expectPause, time } = this.#options;
    const { flow, run } = motion;
    const step = stepAt(flow, run.at);
    if (step === undefined) return;
    if (pause?.isDue === true) {
      const record = pauseOf(motion, pause.decision, time.now());
      return driver.drive(motion, { kind: 'rest', record });
    }
    const move = claim(run, step, { ...session, blames: driver.mayKill(step) });
    const driven = driver.drive(motion, move);
    if (pause !== undefined) expectPause(motion.id, pause.decision);
    await driven;
  }

  /** Ends a queued run that has waited for its slot for too long. */
  async expire(row: RunRow, queueMs: number): Promise<void> {
    const motion = await this.motionOf(row);
    const { at, flow } = motion.run;
    const step = stepAt(motion.flow, at)?.id ?? at;
    const message = `The run waited for a slot for longer than ${formatDuration(queueMs)}.`;
    const remedy = `Raise "queue" under "timeout" of flow "${flow}", or what limits its runs.`;
    const error = {
      code: 'run.queue_timeout',
      message: `${message} ${remedy}`,
      happened: 'no',
    } as const;
    const record = { type: 'run.failed', at, step, attempt: 0, error } as const;
    await this.#options.driver.drive(motion, { kind: 'rest', record });
  }

  /** Those of the runs whose step may be what kills the daemon. */
  async suspects(orphans: readonly RunRow[]): Promise<readonly RunRow[]> {
    const { driver, findFlow } = this.#options;
    const suspects: RunRow[] = [];
    for (const row of orphans.filter(({ crashes }) => crashes > 0)) {
      const flow = await findFlow(row.catalog, row.flow).catch(() => undefined);
      const step = flow === undefined ? undefined : stepAt(flow, row.at);
      if (step !== undefined && driver.mayKill(step)) suspects.push(row);
    }
    return suspects;
  }
}
