import { SignalboxError } from '../std/errors.ts';
import type { LogRecord, RunRow, Store } from '../store/contract.ts';
import type { FindFlow } from './flow-finder.ts';
import { decodeJournal, type StepForked } from './journal.ts';
import { Motion } from './motion.ts';
import { movedRecords } from './moved-records.ts';
import { type Ending, endingOf, OpenFork } from './open-fork.ts';
import { windowMembers } from './named-start.ts';
import { isUndoing, stepAt } from './position.ts';
import { NO_STORY, told, withinOf } from './story.ts';
import type { Transition } from './transition.ts';
import { eventSeenBy } from './trust.ts';

/** What taking up runs needs. */
export interface ForksOptions {
  readonly store: Store;
  readonly findFlow: FindFlow;
}

/** A fork that somebody here works for, and how many do. */
interface Held {
  hands: number;
  readonly fork: Promise<OpenFork>;
}

const PAGE = 500;

/**
 * The forks that runs in this process work for, each held once however many of its branches are
 * under way, and forgotten when none is: the log has all of it.
 */
export class Forks {
  readonly #options: ForksOptions;
  /** By their seqs, which no two forks share. */
  readonly #held = new Map<number, Held>();

  constructor(options: ForksOptions) {
    this.#options = options;
  }

  /**
   * Takes up a run where its records have led it. Its forks are held for it until `letGo`.
   *
   * @throws SignalboxError `run.unreadable` where its flow, its event or its records are not to be
   *   found, `catalog.unknown` where its catalog is not, and `catalog.unreadable` where another
   *   version recorded that.
   */
  async takeUp(row: RunRow): Promise<Motion> {
    const { store, findFlow } = this.#options;
    const { id, version, ...run } = row;
    const [flow, [event], history] = await Promise.all([
      findFlow(run.catalog, run.flow),
      store.read({ after: run.event - 1, limit: 1 }),
      store.readStream(id).then(movedRecords),
    ]);
    const [first] = history;
    const started = first === undefined ? undefined : decodeJournal(first);
    if (flow === undefined || event === undefined || started?.type !== 'run.started') {
      const what = `the catalog ${run.catalog} or the event of this run cannot be read`;
      throw new SignalboxError('run.unreadable', what);
    }
    const { parent, fork: seq, branch } = run;
    const isWaitedFor = parent !== null && seq !== null;
    const fork = isWaitedFor ? await this.hold(parent, seq) : undefined;
    const branchOf = branch === null ? undefined : fork?.origin(branch, started.item);
    // A branch sees its parent's event.
    const members = branch === null ? await windowMembers(store, event, flow.name) : [];
    const { identity } = store;
    const seen = eventSeenBy(started, event);
    const origin = { flow, event: seen, identity, members, branchOf, data: started.data };
    const motion = Motion.resumed({ id, version, run, began: started }, origin, history.slice(1));
    motion.fork = fork;
    return motion;
  }

  /** Finds the fork that a run's end is told to, and those that its parents' ends are told to. */
  async findAll(motion: Motion): Promise<void> {
    let child = motion;
    while (child.run.parent !== null && child.run.fork !== null) {
      child.fork ??= await this.hold(child.run.parent, child.run.fork);
      child = child.fork.parent;
    }
  }

  /** Tells the forks of a run that are held here of its next record, which is durable at `seq`. */
  async heard({ motion, entry, row, write }: Transition, seq: number): Promise<void> {
    const { received, data } = write.record;
    const place = { seq, received, length: data.length };
    const telling = Array.from(this.#held.values(), async ({ fork }) => {
      const { parent } = await fork;
      const isBehind = parent.id === motion.id && parent.version === write.expectedVersion;
      if (isBehind) parent.moved(entry, row, place);
    });
    // Who waits for a fork that cannot be read hears of that.
    await Promise.allSettled(telling);
  }

  /**
   * Takes in a fork that has just been recorded, for those who `keep` it. Its parent's own fork is
   * held along with it.
   */
  adopt(fork: OpenFork): void {
    const held = this.#held.get(fork.seq);
    this.#held.set(fork.seq, { hands: held?.hands ?? 0, fork: Promise.resolve(fork) });
    if (fork.parent.fork !== undefined) this.keep(fork.parent.fork);
  }

  /** Holds a fork once more that is held already. */
  keep(fork: OpenFork): void {
    const held = this.#held.get(fork.seq);
    if (held !== undefined) held.hands++;
  }

  /** Lets go of a fork for one who worked for it. */
  letGo(fork: OpenFork): void {
    const held = this.#held.get(fork.seq);
    if (held === undefined || --held.hands > 0) return;
    this.#held.delete(fork.seq);
    if (fork.parent.fork !== undefined) this.letGo(fork.parent.fork);
  }

  /** Holds the fork of a run that this seq names, until `letGo`. */
  async hold(parent: number, seq: number): Promise<OpenFork> {
    let held = this.#held.get(seq);
    if (held === undefined) {
      held = { hands: 0, fork: this.#load(parent, seq) };
      this.#held.set(seq, held);
    }
    held.hands++;
    try {
      return await held.fork;
    } catch (error) {
      this.#held.delete(seq);
      throw error;
    }
  }

  async #load(parent: number, seq: number): Promise<OpenFork> {
    const { store } = this.#options;
    const [row, history] = await Promise.all([
      store.run(parent),
      store.readStream(parent).then(movedRecords),
    ]);
    const forked = lastFork(history, seq);
    if (row === undefined || forked === undefined) {
      throw new Error(`the fork of run ${parent} behind its record ${seq} cannot be read`);
    }
    const fork = forkOf(await this.takeUp(row), forked, seq);
    for (let after = 0; ;) {
      const rows = await store.branches({ parent, fork: seq, after, limit: PAGE });
      for (const child of rows) await this.#count(fork, child);
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return fork;
      after = last.id;
    }
  }

  /** Counts a branch that was opened before, and how it ended where it has. */
  async #count(fork: OpenFork, row: RunRow): Promise<void> {
    const branch = row.branch ?? 0;
    // Of those that are undone, some at a time, the others stand where they ended.
    if (fork.isUndo && !isUndoing(row.at)) return;
    fork.opened(branch);
    if (row.ended === null) return;
    const { store } = this.#options;
    const isParallel = fork.step.fork.kind === 'parallel';
    const history = isParallel ? await store.readStream(row.id) : await store.readAt([row.version]);
    const ending = fork.isUndo ? { output: null } : endingIn(history, fork);
    if (ending !== undefined) fork.end(branch, ending);
  }
}

/** The record by which a fork was opened, or by which what it did is undone: the later one. */
function lastFork(history: readonly LogRecord[], seq: number): StepForked | undefined {
  for (const record of history.toReversed()) {
    if (record.type !== 'step.forked') continue;
    const entry = decodeJournal(record);
    if (entry?.type === 'step.forked' && (entry.of ?? record.prev) === seq) return entry;
  }
  return undefined;
}

function forkOf(parent: Motion, record: StepForked, seq: number): OpenFork {
  const step = stepAt(parent.flow, record.at);
  if (step?.fork === undefined) {
    const what = `step ${record.at} of run ${parent.id}, which began this one, forks no more`;
    throw new SignalboxError('run.unreadable', what);
  }
  return new OpenFork({ parent, step, seq, record, items: record.items ?? [] });
}

/** How a branch ended, by its records; those before the last matter only for what they gave. */
function endingIn(history: readonly LogRecord[], { parent, step }: OpenFork): Ending | undefined {
  const entries = history.flatMap((record) => decodeJournal(record) ?? []);
  const last = entries.at(-1);
  if (last === undefined) return undefined;
  let story = NO_STORY;
  for (const entry of entries) story = told(story, entry, parent.flow);
  return endingOf(last, step.fork.kind === 'parallel' ? withinOf(story, step) : undefined);
}
