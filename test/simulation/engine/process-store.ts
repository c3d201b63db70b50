import type { Random } from '../../../src/std/random.ts';
import type {
  AppendResult,
  Checkpoint,
  CursorRow,
  LaneRow,
  LetterRow,
  LogRecord,
  OpenRunsOfFlow,
  RunRow,
  Store,
  Unit,
  WindowRow,
} from '../../../src/store/contract.ts';
import type { EntityRow } from '../../../src/store/entity.ts';
import type { LogReport, VerifyOptions } from '../../../src/store/verification.ts';
import type {
  BranchQuery,
  ClaimQuery,
  CursorQuery,
  DueQuery,
  EntityQuery,
  LanesQuery,
  LetterQuery,
  LogQuery,
  PageQuery,
  RunQuery,
  WindowQuery,
} from '../../../src/store/queries.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** The disk under a log, as far as it can be full. */
export interface Disk {
  full: boolean;
}

export interface ProcessStoreOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly life: Life;
  readonly disk: Disk;
  /** How long a crossing to the store, or back, may take. */
  readonly latencyMsMax: number;
  /** The probability that a crossing takes far longer than that. */
  readonly stragglers: number;
}

/** How many times as long a crossing takes that lags behind. */
const STRAGGLER = 20;

interface Queued {
  readonly unit: Unit;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A process's way to its store, in which everything takes its time: a request crosses over, is done
 * at once and whole, and its answer crosses back. A process that dies loses what has not crossed.
 */
export class ProcessStore implements Store {
  readonly care = undefined;
  readonly identity;
  readonly failed;
  readonly #inner: Store;
  readonly #options: ProcessStoreOptions;
  readonly #listeners: ((records: readonly LogRecord[]) => void)[] = [];
  #queue: Queued[] = [];
  #committing = false;
  #underWay = 0;
  readonly #answers: (() => void)[] = [];
  #committed: LogRecord[] = [];
  #head: number;
  #questions = 0;

  constructor(inner: Store, options: ProcessStoreOptions) {
    this.#inner = inner;
    this.#options = options;
    this.identity = inner.identity;
    this.failed = inner.failed;
    this.#head = inner.head();
    inner.onCommitted((records) => this.#committed.push(...records));
  }

  /** How often the store was asked for anything. */
  get questions(): number {
    return this.#questions;
  }

  head(): number {
    return this.#head;
  }

  pending(): number {
    return this.#queue.length + this.#underWay;
  }

  append(unit: Unit): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ unit, resolve, reject });
      this.#planCommit();
    });
  }

  onCommitted(listener: (records: readonly LogRecord[]) => void): void {
    this.#listeners.push(listener);
  }

  read(query: LogQuery): Promise<LogRecord[]> {
    return this.#ask(() => this.#inner.read(query));
  }

  findForeign(id: string): Promise<LogRecord | undefined> {
    return this.#ask(() => this.#inner.findForeign(id));
  }

  readStream(stream: number): Promise<LogRecord[]> {
    return this.#ask(() => this.#inner.readStream(stream));
  }

  readAt(seqs: readonly number[]): Promise<LogRecord[]> {
    return this.#ask(() => this.#inner.readAt(seqs));
  }

  run(id: number): Promise<RunRow | undefined> {
    return this.#ask(() => this.#inner.run(id));
  }

  runs(query: RunQuery): Promise<RunRow[]> {
    return this.#ask(() => this.#inner.runs(query));
  }

  branches(query: BranchQuery): Promise<RunRow[]> {
    return this.#ask(() => this.#inner.branches(query));
  }

  claimable(query: ClaimQuery): Promise<RunRow[]> {
    return this.#ask(() => this.#inner.claimable(query));
  }

  runsInLanes(query: LanesQuery): Promise<RunRow[]> {
    return this.#ask(() => this.#inner.runsInLanes(query));
  }

  orphans(query: PageQuery): Promise<RunRow[]> {
    return this.#ask(() => this.#inner.orphans(query));
  }

  lanes(): Promise<LaneRow[]> {
    return this.#ask(() => this.#inner.lanes());
  }

  openRunsByFlow(): Promise<OpenRunsOfFlow[]> {
    return this.#ask(() => this.#inner.openRunsByFlow());
  }

  letter(id: number): Promise<LetterRow | undefined> {
    return this.#ask(() => this.#inner.letter(id));
  }

  letters(query: LetterQuery): Promise<LetterRow[]> {
    return this.#ask(() => this.#inner.letters(query));
  }

  entity(id: number): Promise<EntityRow | undefined> {
    return this.#ask(() => this.#inner.entity(id));
  }

  entities(query: EntityQuery): Promise<EntityRow[]> {
    return this.#ask(() => this.#inner.entities(query));
  }

  dueEntities(query: DueQuery): Promise<EntityRow[]> {
    return this.#ask(() => this.#inner.dueEntities(query));
  }

  windows(query: WindowQuery): Promise<WindowRow[]> {
    return this.#ask(() => this.#inner.windows(query));
  }

  cursors(query: CursorQuery): Promise<CursorRow[]> {
    return this.#ask(() => this.#inner.cursors(query));
  }

  checkpoint(consumer: string): Promise<Checkpoint> {
    return this.#ask(() => this.#inner.checkpoint(consumer));
  }

  verify(options: VerifyOptions): Promise<LogReport> {
    return this.#ask(() => this.#inner.verify(options));
  }

  close(options?: { readonly clean: boolean }): Promise<void> {
    return this.#ask(() => this.#inner.close(options));
  }

  #after(task: () => void | Promise<void>): void {
    const { scheduler, random, life, latencyMsMax, stragglers } = this.#options;
    const usual = random() * (latencyMsMax + 1);
    scheduler.after(random() < stragglers ? usual * STRAGGLER : usual, life, task);
  }

  #ask<T>(question: () => Promise<T>): Promise<T> {
    this.#questions++;
    return new Promise((resolve, reject) => {
      this.#after(async () => {
        const [answer] = await Promise.allSettled([question()]);
        this.#after(() =>
          answer.status === 'fulfilled' ? resolve(answer.value) : reject(failure(answer)),
        );
      });
    });
  }

  #planCommit(): void {
    if (this.#committing) return;
    this.#committing = true;
    this.#after(() => this.#commit());
  }

  /** Commits some of what waits, at least the first; the answers go back together, in order. */
  async #commit(): Promise<void> {
    const group = this.#queue.splice(
      0,
      1 + Math.floor(this.#options.random() * this.#queue.length),
    );
    this.#underWay += group.length;
    this.#committed = [];
    const results = await Promise.allSettled(group.map(({ unit }) => this.#write(unit)));
    const records = this.#committed;
    this.#committing = false;
    if (this.#queue.length > 0) this.#planCommit();
    this.#answers.push(() => this.#acknowledge(group, results, records));
    this.#after(() => this.#answers.shift()?.());
  }

  async #write(unit: Unit): Promise<AppendResult> {
    return this.#options.disk.full ? { kind: 'full' } : this.#inner.append(unit);
  }

  #acknowledge(
    group: readonly Queued[],
    results: readonly PromiseSettledResult<AppendResult>[],
    records: readonly LogRecord[],
  ): void {
    this.#underWay -= group.length;
    this.#head = records.at(-1)?.seq ?? this.#head;
    if (records.length > 0) for (const listener of this.#listeners) listener(records);
    for (const [i, { resolve, reject }] of group.entries()) {
      const result = results[i];
      if (result?.status === 'fulfilled') resolve(result.value);
      else if (result !== undefined) reject(failure(result));
    }
  }
}

function failure({ reason }: PromiseRejectedResult): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
