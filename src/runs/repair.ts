import {
  type LetterClosing,
  OPEN_STATES,
  type OpenState,
  type RunRow,
  type Store,
  type Write,
} from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { idOf, ownRecord } from '../store/record.ts';
import type { Json } from '../std/json.ts';
import type { Driver, Moved } from './driver.ts';
import type { Forks } from './forks.ts';
import { decodeJournal, type Decision, type JournalEvent } from './journal.ts';
import type { Motion } from './motion.ts';
import { decide, isRefusal, type Refusal, retryAt } from './repair-rules.ts';
import { type Transition, transition } from './transition.ts';

export interface RepairOptions {
  readonly store: Store;
  readonly time: EngineTime;
  readonly forks: Forks;
  /** Who works on runs; undefined where nobody does here. */
  readonly driver: Pick<Driver, 'holds' | 'interrupt' | 'pause' | 'join'> | undefined;
  readonly moved: Moved;
}

/** What came of a repair: the run as it stands now, or why it was not done. */
export type Repaired =
  | { readonly kind: 'done'; readonly row: RunRow }
  /** It will be when the step under way is over. */
  | { readonly kind: 'pending'; readonly row: RunRow }
  | Refusal;

/** What a person asks for when a run is to be retried. */
export interface Retry extends Decision {
  /** The id of the step to go back to; the one where the run stands, or failed, if left out. */
  readonly from?: string | undefined;
  /** The dead letter that this settles, where the caller knows it. */
  readonly closes?: LetterClosing | undefined;
}

/** What a person says of the step at which a run rests. */
export interface Verdict extends Decision {
  readonly step: string;
  /** What the step is taken to have given; null where it is passed over. */
  readonly output: Json;
}

/** How often a repair is tried again whose run has moved on meanwhile. */
const TRIES_MAX = 20;
const PAGE = 500;

/**
 * What a person may do to a run: each deed is a record of the run, with who did it and why, and
 * competes with the run's own next record. Nothing of it needs the run's worker to be alive.
 */
export class Repair {
  readonly #options: RepairOptions;

  constructor(options: RepairOptions) {
    this.#options = options;
  }

  /** Ends the run. A step that is under way is told to end, and its result no longer counts. */
  cancel(run: number, decision: Decision): Promise<Repaired> {
    return this.#deed(run, (motion) => decide.cancel(motion, decision));
  }

  /** Holds the run where it rests, or when the step under way is over. */
  async pause(run: number, decision: Decision): Promise<Repaired> {
    const { driver, store } = this.#options;
    const row = await store.run(run);
    if (row !== undefined && row.ended === null && driver?.holds(run) === true) {
      driver.pause(run, decision);
      return { kind: 'pending', row };
    }
    return this.#deed(run, (motion) => decide.pause(motion, decision));
  }

  /** Lets a run go on that is paused. */
  async resume(run: number, decision: Decision): Promise<Repaired> {
    const { store } = this.#options;
    const history = await store.readStream(run);
    const last = history.at(-1);
    const entry = last === undefined ? undefined : decodeJournal(last);
    const now = this.#options.time.now();
    return this.#deed(run, (motion) => decide.resume(motion, decision, entry, now));
  }

  /** Does a step again, and what comes behind it. */
  async retry(run: number, { from, closes, ...decision }: Retry): Promise<Repaired> {
    const history = await this.#options.store.readStream(run);
    const last = history.at(-1);
    const entry = last === undefined ? undefined : decodeJournal(last);
    return this.#deed(
      run,
      (motion) => {
        const at = retryAt(motion, entry, from);
        if (isRefusal(at)) return at;
        return decide.retry(motion, decision, at, this.#options.time.now());
      },
      closes,
    );
  }

  /**
   * Says what has become of the step at which the run rests or with which it failed: the run goes
   * on behind it.
   */
  async settle(run: number, verdict: Verdict): Promise<Repaired> {
    const { step, output, ...decision } = verdict;
    const row = await this.#options.store.run(run);
    if (row !== undefined && row.ended !== null) {
      const reopened = await this.#reopen(run, verdict);
      if (reopened.kind !== 'done') return reopened;
    }
    const now = this.#options.time.now();
    return this.#deed(run, (motion) => decide.settle(motion, { ...decision, step, output }, now));
  }

  /** Opens a run that has ended, held at the step: what is said of it comes next. */
  async #reopen(run: number, { step, by, reason }: Verdict): Promise<Repaired> {
    const history = await this.#options.store.readStream(run);
    const last = history.at(-1);
    const entry = last === undefined ? undefined : decodeJournal(last);
    return this.#deed(run, (motion) => {
      const at = retryAt(motion, entry, step);
      return isRefusal(at) ? at : decide.retry(motion, { by, reason }, at, null);
    });
  }

  async #deed(
    run: number,
    rule: (motion: Motion) => JournalEvent | Refusal,
    closes?: LetterClosing,
  ): Promise<Repaired> {
    const { store, forks, time } = this.#options;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const row = await store.run(run);
      if (row === undefined) {
        const message = `There is no run ${idOf(store.identity, run)}.`;
        return { kind: 'refused', code: 'run.unknown', message };
      }
      const motion = await forks.takeUp(row);
      try {
        const record = rule(motion);
        if (isRefusal(record)) return record;
        const step = transition(motion, record, time.now());
        const result = await store.append({ writes: await this.#writes(row, step, closes) });
        if (result.kind === 'full') return FULL;
        if (result.kind !== 'appended') continue;
        await this.#follow(row, step);
        return { kind: 'done', row: { ...step.row, id: run, version: result.first } };
      } finally {
        if (motion.fork !== undefined) forks.letGo(motion.fork);
      }
    }
    const name = idOf(store.identity, run);
    const message = `Run ${name} moves on faster than it can be changed; try again.`;
    return { kind: 'refused', code: 'run.busy', message };
  }

  /** The record, and that of the dead letter that it settles: the run's own where it has one. */
  async #writes(
    row: RunRow,
    { write, entry }: Transition,
    closes: LetterClosing | undefined,
  ): Promise<Write[]> {
    const { store } = this.#options;
    const settles = entry.type === 'run.retried' || 'decision' in entry;
    const letter = settles ? await store.letter(row.version) : undefined;
    const own =
      letter?.state === 'open' ? ({ letter: letter.id, state: 'retried' } as const) : undefined;
    const closing = closes ?? own;
    if (closing === undefined) return [write];
    const by = personIn(entry);
    const data = JSON.stringify({ letter: closing.letter, run: row.id, ...(by && { by }) });
    const { correlation, causation, hops, received } = write.record;
    const cause = { correlation, causation, hops };
    const record = ownRecord('dead_letter.retried', data, received, cause);
    return [write, { kind: 'event', record, closes: closing }];
  }

  /** What a deed means for those who count and work, and for the runs that this one opened. */
  async #follow(before: RunRow, { row, entry }: Transition): Promise<void> {
    const { driver, moved } = this.#options;
    const held = driver?.holds(before.id) === true;
    moved(before.id, row, held ? 'running' : openState(before));
    switch (entry.type) {
      case 'run.cancelled':
        driver?.interrupt(before.id);
        return this.#branches(before.id, (run) =>
          this.cancel(run, { by: entry.by, reason: 'its run was cancelled' }),
        );
      case 'run.paused':
        return this.#branches(before.id, (run) => this.pause(run, entry));
      case 'run.resumed':
        await this.#branches(before.id, (run) => this.resume(run, entry));
        return this.#rejoin(before);
      default:
        return undefined;
    }
  }

  /** A fork may have come to its end while its run was held. */
  async #rejoin(row: RunRow): Promise<void> {
    const { driver, forks, store } = this.#options;
    const fork = await forks.standing(row.id, await store.readStream(row.id));
    if (fork === undefined) return;
    if (fork.isOver) await driver?.join(fork);
    forks.letGo(fork);
  }

  /** Does the same to the open runs that a run waits for. */
  async #branches(parent: number, deed: (run: number) => Promise<unknown>): Promise<void> {
    for (let after = 0; ;) {
      const rows = await this.#options.store.branches({ parent, after, limit: PAGE });
      for (const row of rows) if (row.ended === null && row.fork !== null) await deed(row.id);
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.id;
    }
  }
}

function openState({ state }: RunRow): OpenState | null {
  return OPEN_STATES.find((open) => open === state) ?? null;
}

/** Who said what the record says. */
function personIn(entry: JournalEvent): string | undefined {
  if ('by' in entry) return entry.by;
  return 'decision' in entry ? entry.decision?.by : undefined;
}

const FULL: Refusal = {
  kind: 'refused',
  code: 'store.full',
  message: 'The disk is full, so nothing can be recorded; free some space.',
};
