import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, RunRow, Store } from '../store/contract.ts';
import type { Automation, FlowFailure } from './automation.ts';

/** What the watcher listens to, and whom it tells. */
export interface FailureWatcherOptions {
  readonly store: Pick<Store, 'onCommitted' | 'run' | 'readStream'>;
  readonly automation: Automation;
  /** After how many failures in a row a flow asks; 0 never. */
  readonly limit: () => number;
  readonly logger: Logger;
}

/** Ends of runs that wait to be looked at; those that come on top are left out, and counted. */
const WAITING_MAX = 1_000;

/**
 * Hears how runs end: a flow that fails too often by itself asks from then on, and one that
 * succeeds goes on by itself. It delays nothing; ends that it did not look at before a crash are
 * not counted.
 */
export class FailureWatcher implements Service {
  readonly name = 'failure watcher';
  readonly #options: FailureWatcherOptions;
  #listens = false;
  #waiting = 0;
  #left = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: FailureWatcherOptions) {
    this.#options = options;
    options.store.onCommitted((records) => this.#hear(records));
  }

  async start(): Promise<void> {
    this.#listens = true;
  }

  async stop(): Promise<void> {
    this.#listens = false;
    await this.#turn;
  }

  #hear(records: readonly LogRecord[]): void {
    if (!this.#listens) return;
    for (const record of records) {
      const { type } = record;
      if (type !== 'run.failed' && type !== 'run.succeeded') continue;
      // Nearly all runs succeed, and of these nobody has to know the flow.
      if (type === 'run.succeeded' && this.#waiting === 0 && !this.#options.automation.hasFailures)
        continue;
      this.#add(record);
    }
  }

  #add(record: LogRecord): void {
    if (this.#waiting >= WAITING_MAX) {
      this.#left++;
      return;
    }
    this.#waiting++;
    this.#turn = this.#turn.then(() => this.#look(record)).finally(() => this.#waiting--);
  }

  async #look(record: LogRecord): Promise<void> {
    const { automation, limit, logger } = this.#options;
    try {
      const run = record.stream === null ? undefined : await this.#options.store.run(record.stream);
      if (run === undefined) return;
      if (record.type === 'run.succeeded') {
        const ended = await automation.resume(run.flow, 'signalbox', run.id);
        if (ended) logger.info('flow goes on by itself again', { flow: run.flow });
        return;
      }
      const failure = await this.#failureOf(run, record);
      const suspended = await automation.failed(failure, limit());
      if (suspended) {
        const reason = failure.error.message;
        logger.warn('flow asks from now on, since it failed', { flow: run.flow, reason });
      }
    } catch (error) {
      logger.warn('the end of a run is not counted', { error: messageOf(error), left: this.#left });
    }
  }

  async #failureOf(run: RunRow, { data }: LogRecord): Promise<FlowFailure> {
    const { step, error } = JSON.parse(data) as Pick<FlowFailure, 'step' | 'error'>;
    const history = await this.#options.store.readStream(run.id);
    const done = history
      .filter(({ type }) => type === 'step.completed')
      .map((each) => (JSON.parse(each.data) as { readonly step: string }).step);
    const { code, message } = error;
    return { run: run.id, flow: run.flow, event: run.event, step, error: { code, message }, done };
  }
}
