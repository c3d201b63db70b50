import type { ForkStep } from '../flows/flow.ts';
import type { Json } from '../std/json.ts';
import { OUTPUT_LENGTH_MAX } from './attempt.ts';
import { causeOf } from './evolve.ts';
import {
  endsRun,
  type JournalEvent,
  type RunStarted,
  type StepForked,
  type Within,
} from './journal.ts';
import { branchLane } from './lane-names.ts';
import type { BranchOrigin, Motion } from './motion.ts';
import { begin } from './next.ts';
import { isUndoing, type Path, undoneAt } from './position.ts';
import { type Besides, complete, failed } from './settle.ts';
import type { StepError } from './step-kind.ts';
import { withItem } from './story.ts';

/** Characters of JSON that the outputs of all branches of one fork may have together. */
export const FORK_OUTPUT_LENGTH_MAX = 8 * OUTPUT_LENGTH_MAX;

/** What came of a run that a fork opened. */
export type Ending =
  | { readonly output: Json; readonly within?: Within | undefined }
  | { readonly error: StepError };

/** What is kept of a branch's end. */
interface Kept extends Extract<Ending, { output: Json }> {
  /** Characters of JSON that its output has. */
  readonly length: number;
}

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
  /** The places that were given away; all below `#next` are. */
  readonly #taken = new Set<number>();
  #next = 0;
  /** What each branch gave that has ended; null for one that failed. */
  readonly #ended = new Map<number, Kept | null>();
  /** In the order in which they failed. */
  readonly #failures = new Map<number, StepError>();
  #length = 0;
  /** Whether something was not kept, since there was too much of it. */
  #overflows = false;

  constructor(parts: ForkParts) {
    this.parent = parts.parent;
    this.step = parts.step;
    this.seq = parts.seq;
    this.#parts = parts;
  }

  /** Whether its run still stands at it: nothing comes of a fork that was left behind. */
  get isWanted(): boolean {
    return this.parent.forkedAt === this.seq;
  }

  /** Whether its run is held at it: nothing comes of it until the run is resumed. */
  get isHeld(): boolean {
    return this.parent.run.state === 'paused';
  }

  /** Whether what its branches did is being undone. */
  get isUndo(): boolean {
    return isUndoing(this.#parts.record.at);
  }

  /** Whether another branch is to be opened where one has ended. */
  get mayOpen(): boolean {
    const { count, concurrency } = this.#parts.record;
    if (this.#failures.size > 0) return false;
    return this.#taken.size < count && this.#taken.size - this.#ended.size < concurrency;
  }

  /** Whether nothing is open any more, and nothing will be. */
  get isOver(): boolean {
    return this.#ended.size === this.#taken.size && !this.mayOpen;
  }

  /** The place of the next branch, which counts as open from now on. */
  take(): number {
    const branch = this.#next;
    this.opened(branch);
    return branch;
  }

  /** Notes that a branch was opened. */
  opened(branch: number): void {
    this.#taken.add(branch);
    while (this.#taken.has(this.#next)) this.#next++;
  }

  /** Takes back a `take`: the branch was not recorded. */
  untake(branch: number): void {
    this.#taken.delete(branch);
    this.#next = Math.min(this.#next, branch);
  }

  /** Notes how a branch has ended; false where that is noted already. */
  end(branch: number, ending: Ending): boolean {
    if (this.#ended.has(branch)) return false;
    this.#ended.set(branch, null);
    if ('error' in ending) this.#failures.set(branch, this.#failureOf(branch, ending.error));
    else this.#keep(branch, ending);
    return true;
  }

  /** Takes back an `end`: it was not recorded. */
  unend(branch: number): void {
    this.#length -= this.#ended.get(branch)?.length ?? 0;
    this.#ended.delete(branch);
    this.#failures.delete(branch);
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
    const { parent, step, seq } = this;
    // Who undoes a branch finds what there was when it began.
    const undone = parent.saga?.list.find(({ fork }) => fork === seq);
    const story = undone?.story ?? parent.story;
    const isFor = step.fork.kind === 'each' && item !== undefined;
    return {
      fork: this,
      story: isFor ? withItem(story, step.fork.as, item) : story,
      key: `${parent.key(step.id, undone?.round)}[${branch}]`,
    };
  }

  /** What the branch is for. */
  item(branch: number): Json | undefined {
    return this.#parts.items[branch];
  }

  /** The record with which the run goes on, or ends, now that nothing of the fork is open. */
  join(now: number, epoch: number): JournalEvent {
    if (this.isUndo) {
      const place = { at: this.#parts.record.at, step: this.step.id };
      const next = { at: place.at, attempt: 0 };
      return { type: 'step.completed', ...place, output: null, next, due: now, epoch, more: true };
    }
    const passing = this.parent.passing(this.step, now);
    const besides: Besides = { due: now, epoch };
    const [first] = this.#failures.values();
    const failure = first ?? this.#tooLong();
    const { kind } = this.step.fork;
    const within = kind === 'parallel' ? { within: this.#within() } : {};
    if (failure !== undefined)
      return failed(this.parent.run, passing, failure, { ...besides, ...within });
    const outputs = this.#inOrder().map((kept) => kept?.output ?? null);
    const output = kind === 'call' ? (outputs[0] ?? null) : outputs;
    return complete(this.parent.run, passing, output, { ...besides, ...within });
  }

  /** The path at which a branch begins. */
  startOf(branch: number): Path {
    const { at: place } = this.#parts.record;
    const at = isUndoing(place) ? undoneAt(place) : place;
    return this.step.fork.kind === 'each' ? `${at}.do.0` : `${at}.parallel.${branch}`;
  }

  #keep(branch: number, { output, within }: Extract<Ending, { output: Json }>): void {
    const length = output === null ? 4 : JSON.stringify(output).length;
    this.#length += length;
    this.#overflows ||= this.#length > FORK_OUTPUT_LENGTH_MAX;
    const kept = this.#overflows ? { output: null } : { output, within };
    this.#ended.set(branch, { ...kept, length });
  }

  #inOrder(): (Kept | null)[] {
    return [...this.#ended].toSorted(([one], [other]) => one - other).map(([, kept]) => kept);
  }

  #within(): Within {
    const all = this.#inOrder().flatMap((kept) => kept?.within ?? []);
    return {
      outputs: Object.assign({}, ...all.map(({ outputs }) => outputs)) as Within['outputs'],
      errors: Object.assign({}, ...all.map(({ errors }) => errors)) as Within['errors'],
    };
  }

  #tooLong(): StepError | undefined {
    if (!this.#overflows) return undefined;
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

/** What came of undoing a run, by the record that ended that: what is stuck is asked later. */
export function undoEndingOf(record: JournalEvent): Ending | undefined {
  return endsRun(record) ? { output: null } : undefined;
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
    case 'run.declined': {
      const message = `it was declined by ${record.by}`;
      return { error: { code: 'gate.declined', message, happened: 'no' } };
    }
    case 'run.cancelled': {
      const message = `it was cancelled by ${record.by}`;
      return { error: { code: 'run.cancelled', message, happened: 'maybe' } };
    }
    case 'run.compensated': {
      const message = `it was undone: ${causeOf(record)}`;
      return { error: { code: 'run.compensated', message, happened: 'no' } };
    }
    case 'run.stuck': {
      const message = `it could not be undone: ${record.error.message}`;
      return { error: { code: 'run.stuck', message, happened: 'maybe' } };
    }
    default:
      return undefined;
  }
}
