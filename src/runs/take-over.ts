import { formatDuration } from '../std/duration.ts';
import type { RunRow } from '../store/contract.ts';
import type { Driver } from './driver.ts';
import type { FindFlow } from './flow-finder.ts';
import type { Forks } from './forks.ts';
import type { Motion } from './motion.ts';
import { claim, type Session } from './next.ts';
import { stepAt } from './position.ts';

export interface TakeOverOptions {
  readonly driver: Driver;
  readonly forks: Forks;
  readonly findFlow: FindFlow;
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

  /** Drives the run on as this session's, until it rests or ends. */
  async drive(motion: Motion, session: Session): Promise<void> {
    const { driver } = this.#options;
    const { flow, run } = motion;
    const step = stepAt(flow, run.at);
    if (step === undefined) return;
    await driver.drive(motion, claim(run, step, { ...session, blames: driver.mayKill(step) }));
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
