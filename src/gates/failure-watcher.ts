import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, RunRow, Store } from '../store/contract.ts';
import type { Automation, FlowFailure } from './automation.ts';

/** What may change whether a flow goes by itself. */
const ENDS: ReadonlySet<string> = new Set([
  'run.failed',
  'run.compensated',
  'run.stuck',
  'run.succeeded',
  'proposal.approved',
]);
/** With what a run begins to fail: behind it stands what its flow does about that. */
const FAILURES: ReadonlySet<string> = new Set(['run.failing', 'run.compensating', 'run.failed']);

/** What the watcher listens to, and whom it tells. */
export interface FailureWatcherOptions {
  readonly store: Pick<Store, 'onCommitted' | 'run' | 'readStream'>;
  readonly automation: Automation;
  /** After how many failures in a row a flow asks; 0 never. */
  readonly limit: () => number;
  readonly people: FailureQuestions;
  readonly logger: Logger;
}

/** Asks people about flows that failed by themselves. */
export interface FailureQuestions {
  /** Asks whether the flow may go on by itself; resolves with the proposal. */
  ask(failure: FlowFailure, failures: number): Promise<number>;
  /** Takes back a question that is none any more. */
  withdraw(question: number): Promise<void>;
  /** The flow that a proposal was about which somebody has approved; undefined for all others. */
  flowOf(proposal: number): Promise<string | undefined>;
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
      if (!ENDS.has(type)) continue;
      // Nearly all runs succeed, and of these nobody has to know the flow.
      const isGood = type === 'run.succeeded' || type === 'proposal.approved';
      if (isGood && this.#waiting === 0 && !this.#options.automation.hasFailures) continue;
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
    try {
      if (record.type === 'proposal.approved') return await this.#answered(record);
      const run = record.stream === null ? undefined : await this.#options.store.run(record.stream);
      if (run === undefined) return;
      if (record.type === 'run.succeeded') await this.#resume(run.flow, 'signalbox', run.id);
      else {
        const history = await this.#options.store.readStream(run.id);
        const failure = isAutomatic(history) ? failureOf(run, record, history) : undefined;
        if (failure !== undefined) await this.#failed(failure);
      }
    } catch (error) {
      this.#options.logger.warn('the end of a run is not counted', {
        error: messageOf(error),
        left: this.#left,
      });
    }
  }

  /** Somebody says that the flow may go on by itself. */
  async #answered({ stream, data }: LogRecord): Promise<void> {
    const flow = stream === null ? undefined : await this.#options.people.flowOf(stream);
    if (flow === undefined) return;
    await this.#resume(flow, (JSON.parse(data) as { readonly by: string }).by);
  }

  async #resume(flow: string, by: string, run?: number): Promise<void> {
    const { automation, people, logger } = this.#options;
    const question = automation.fallen.find((each) => each.flow === flow)?.question;
    if (!(await automation.resume(flow, by, run))) return;
    logger.info('flow goes on by itself again', { flow, by });
    if (question !== undefined) await people.withdraw(question);
  }

  async #failed(failure: FlowFailure): Promise<void> {
    const { automation, limit, people, logger } = this.#options;
    const failures = limit();
    if (!(await automation.failed(failure, failures))) return;
    const { flow, error } = failure;
    logger.warn('flow asks from now on, since it failed', { flow, reason: error.message });
    await automation.asked(flow, await people.ask(failure, failures));
  }
}

/**
 * Whether nobody had a hand in it: what a person has tried again is not the flow's own doing, nor
 * is it that nobody has answered what it proposed before its time was over.
 */
function isAutomatic(history: readonly LogRecord[]): boolean {
  if (history.some(({ type }) => type === 'run.retried' || type === 'run.moved')) return false;
  const fails = history.findIndex(({ type }) => FAILURES.has(type));
  const { error, because } = JSON.parse(history[fails]?.data ?? '{}') as Failed;
  // A step that others do says in this what went wrong with them.
  const { detail } = error ?? because ?? {};
  return detail !== 'gate.expired' && history[fails - 1]?.type !== 'step.proposed';
}

/** Undefined for what a person has ended, and had undone. */
function failureOf(
  run: RunRow,
  { data }: LogRecord,
  history: readonly LogRecord[],
): FlowFailure | undefined {
  const { step, error } = whatFailed(JSON.parse(data) as Failed);
  if (step === undefined || error === undefined) return undefined;
  const done = history
    .filter(({ type }) => type === 'step.completed')
    .map((each) => (JSON.parse(each.data) as { readonly step: string }).step);
  const { code, message } = error;
  return { run: run.id, flow: run.flow, event: run.event, step, error: { code, message }, done };
}

/** What the last record of a run says of its failure. */
interface Failed {
  readonly step: string;
  readonly error?: FlowFailure['error'] & { readonly detail?: string };
  /** Of a run that was undone, or could not be: what began that. */
  readonly because?: Partial<NonNullable<Failed['error']>> & { readonly step?: string };
}

function whatFailed({
  step,
  error,
  because,
}: Failed): Partial<Pick<FlowFailure, 'step' | 'error'>> {
  if (because === undefined) return { step, ...(error && { error }) };
  const { code, message, step: failed } = because;
  if (failed === undefined || code === undefined || message === undefined) return {};
  return { step: failed, error: { code, message } };
}
