import type { ForkStep } from '../flows/flow.ts';
import type { Json } from '../std/json.ts';
import { OUTPUT_LENGTH_MAX } from './attempt.ts';
import type { JournalEvent, RunStarted, StepForked, Within } from './journal.ts';
import { branchLane } from './lane-names.ts';
import type { BranchOrigin, Motion } from './motion.ts';
import { begin } from './next.ts';
import type { Path } from './position.ts';
import { type Besides, complete, failed } from './settle.ts';
import type { StepError } from './step-kind.ts';
import { withItem } from './story.ts';

/** Characters of JSON that the outputs of all branches of one fork may have together. */
export const FORK_OUTPUT_LENGTH_MAX = 8 * OUTPUT_LENGTH_MAX;

/** What came of a run that a fork opened. */
export type Ending =
  | { readonly output: Json; readonly within?: Within | undefined }
  | { readonly error: StepError };

/** What a fork is made of, as its run's record has it. */
export interface ForkParts {
  readonly parent: Motion;
  readonly step: ForkStep;
  /** The seq of the parent's last record before it forked: by this its branches name the fork. */
  readonly seq: number;
  readonly record: Pick<StepForked, 'at' | 'count' | 'concurrency'>;
  /** What each branch is for; null for those that are for nothing in particular. */
  readonly items: readonly Json[];
}

/**
 * A step that others are doing: which of its branches are open, which have ended and how. What it
 * says is decided at once and in one turn, so that of several branches that end together one is
 * the last.
 */
export class OpenFork {
  readonly parent: Motion;
  readonly step: ForkStep;
  readonly seq: number;
  readonly #parts: ForkParts;
  readonly #outputs: Json[] = [];
  #within: Within = { outputs: {}, errors: {} };
  #opened = 0;
  #ended = 0;
  #length = 0;
  #failure: StepError | undefined;

  constructor(parts: ForkParts) {
    this.parent = parts.parent;
    this.step = parts.step;
    this.seq = parts.seq;
    this.#parts = parts;
  }

  /** Whether another branch is to be opened where one has ended. */
  get mayOpen(): boolean {
    const { count, concurrency } = this.#parts.record;
    if (this.#failure !== undefined) return false;
    return this.#opened < count && this.#opened - this.#ended < concurrency;
  }

  /** Whether nothing is open any more, and nothing will be. */
  get isOver(): boolean {
    return this.#ended === this.#opened && !this.mayOpen;
  }

  /** The place of the next branch, which counts as open from now on. */
  take(): number {
    return this.#opened++;
  }

  /** Notes how a branch has ended. */
  end(branch: number, ending: Ending): void {
    this.#ended++;
    if ('error' in ending) this.#failure ??= this.#failureOf(branch, ending.error);
    else this.#keep(branch, ending);
  }

  /** The first record of a branch; `queuedAt` where no slot is free for it. */
  begin(branch: number, epoch: number, queuedAt: number | null): RunStarted {
    const { run, flow, id } = this.parent;
    const { step, seq } = this;
    const item = this.#parts.items[branch];
    return begin(
      flow,
      {
        catalog: run.catalog,
        event: run.event,
        epoch,
        at: this.startOf(branch),
        lane: branchLane(flow.name),
        parent: id,
        fork: seq,
        branch,
        ...(step.fork.kind === 'each' && item !== undefined ? { item } : {}),
      },
      queuedAt,
    );
  }

  /** What a branch has from its run. */
  origin(branch: number, item: Json | undefined): BranchOrigin {
    const { parent, step } = this;
    const { story } = parent;
    const isFor = step.fork.kind === 'each' && item !== undefined;
    return {
      fork: this,
      story: isFor ? withItem(story, step.fork.as, item) : story,
      key: `${parent.key(step.id)}[${branch}]`,
    };
  }

  /** What the branch is for. */
  item(branch: number): Json | undefined {
    return this.#parts.items[branch];
  }

  /** The record with which the run goes on, or ends, now that nothing of the fork is open. */
  join(now: number, epoch: number): JournalEvent {
    const passing = this.parent.passing(this.step, now);
    const besides: Besides = { due: now, epoch };
    const failure = this.#failure ?? this.#tooLong();
    const { kind } = this.step.fork;
    const within = kind === 'parallel' ? { within: this.#within } : {};
    if (failure !== undefined)
      return failed(this.parent.run, passing, failure, { ...besides, ...within });
    const output = kind === 'call' ? (this.#outputs[0] ?? null) : this.#outputs;
    return complete(this.parent.run, passing, output, { ...besides, ...within });
  }

  /** The path at which a branch begins. */
  startOf(branch: number): Path {
    const { at } = this.#parts.record;
    return this.step.fork.kind === 'each' ? `${at}.do.0` : `${at}.parallel.${branch}`;
  }

  #keep(branch: number, { output, within }: Extract<Ending, { output: Json }>): void {
    this.#length += output === null ? 4 : JSON.stringify(output).length;
    if (this.#length > FORK_OUTPUT_LENGTH_MAX) return;
    this.#outputs[branch] = output;
    if (within === undefined) return;
    this.#within = {
      outputs: { ...this.#within.outputs, ...within.outputs },
      errors: { ...this.#within.errors, ...within.errors },
    };
  }

  #tooLong(): StepError | undefined {
    if (this.#length <= FORK_OUTPUT_LENGTH_MAX) return undefined;
    const message =
      `The outputs of step "${this.step.id}" have ${this.#length} characters together; ` +
      `at most ${FORK_OUTPUT_LENGTH_MAX} are kept. Write them to files and give their paths.`;
    return { code: 'step.output_too_large', message, happened: 'maybe' };
  }

  #failureOf(branch: number, { message, happened, code }: StepError): StepError {
    const { step } = this;
    if (step.fork.kind === 'call') {
      const said = `The run of "${step.fork.flow}" that step "${step.id}" called ended`;
      return { code: 'call.failed', message: `${said}: ${message}`, happened, detail: code };
    }
    const said = `Branch ${branch + 1} of step "${step.id}" failed: ${message}`;
    return { code: 'branch.failed', message: said, happened, detail: code };
  }
}

/** What came of a run, by the record that ended it; undefined where it has not ended. */
export function endingOf(record: JournalEvent, within: Within | undefined): Ending | undefined {
  switch (record.type) {
    case 'run.succeeded':
      return { output: record.output, within };
    case 'run.noop':
      return { output: null, within };
    case 'run.failed':
      return { error: record.error };
    case 'run.cancelled': {
      const message = `it was cancelled by ${record.by}`;
      return { error: { code: 'run.cancelled', message, happened: 'maybe' } };
    }
    default:
      return undefined;
  }
}
