import type { Flow } from '../flows/flow.ts';
import { formatDuration } from '../std/duration.ts';
import type { RunRow, Store } from '../store/contract.ts';
import type { Driver } from './driver.ts';
import { Motion } from './motion.ts';
import { claim, type Session } from './next.ts';
import { stepAt } from './position.ts';

/**
 * Finds the definition that a run is pinned to; undefined where its catalog no longer names the
 * flow.
 */
export type FindFlow = (catalog: string, flow: string) => Promise<Flow | undefined>;

export interface TakeOverOptions {
  readonly store: Store;
  readonly driver: Driver;
  readonly findFlow: FindFlow;
}

/** Takes up runs that this process did not bear: from the queue, or from a session before. */
export class TakeOver {
  readonly #options: TakeOverOptions;

  constructor(options: TakeOverOptions) {
    this.#options = options;
  }

  /**
   * The run of that row, with what its steps have given so far.
   *
   * @throws Error where its catalog or its event cannot be read.
   */
  async motionOf(row: RunRow): Promise<Motion> {
    const { store, findFlow } = this.#options;
    const { id, version, ...run } = row;
    const [flow, [event], history] = await Promise.all([
      findFlow(run.catalog, run.flow),
      store.read({ after: run.event - 1, limit: 1 }),
      store.readStream(id),
    ]);
    if (flow === undefined || event === undefined || stepAt(flow, run.at) === undefined) {
      throw new Error(`the catalog ${run.catalog} or the event of this run cannot be read`);
    }
    return Motion.resumed({ id, version, run }, { flow, event, identity: store.identity }, history);
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
  async expire(motion: Motion, queueMs: number): Promise<void> {
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
