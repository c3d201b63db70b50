import type { Clock } from '../std/clock.ts';
import type { Logger } from '../std/logger.ts';
import type { AppendResult, EventWrite, OpenWrite, Store, Unit } from '../store/contract.ts';
import type { EntityWrite } from '../store/entity.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { appendLater } from '../store/patience.ts';
import { withoutAnswered } from './answer.ts';
import type { Moved } from './driver-options.ts';
import type { Forks } from './forks.ts';
import type { JournalEvent } from './journal.ts';
import type { Motion } from './motion.ts';
import { took, transition } from './transition.ts';

export interface RecorderOptions {
  readonly store: Store;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly moved: Moved;
  readonly forks: Pick<Forks, 'heard'>;
}

/** What is written in one unit with what a run has come to. */
export type Beside = EventWrite | OpenWrite | EntityWrite;

/** Writes what runs come to, and waits for space where the disk is full. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #stopping = new AbortController();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** What met a full disk is given up. */
  stop(): void {
    this.#stopping.abort();
  }

  /** False where the run is no longer ours, or the daemon stops on a full disk. */
  async advance(
    motion: Motion,
    entry: JournalEvent,
    besides: readonly Beside[] = [],
  ): Promise<boolean> {
    const { time, forks } = this.#options;
    const stood = motion.forkedAt !== undefined;
    const step = transition(motion, entry, time.now());
    const result = await this.append({ writes: [...besides, step.write] });
    if (result.kind === 'duplicate') {
      const rest = await withoutAnswered(this.#options.store, besides, result.seq);
      if (rest !== undefined) return this.advance(motion, entry, rest);
    }
    if (result.kind !== 'appended') return this.#late(motion, result);
    this.tellOpened(besides, result.first);
    const seq = result.first + besides.length;
    took(step, seq);
    if (stood) await forks.heard(step, seq);
    if (step.row.state !== 'running') this.#options.moved(motion.id, step.row, 'running');
    return true;
  }

  /** Tells of the runs that are opened among these writes, which are durable from `first` on. */
  tellOpened(besides: readonly Beside[], first: number): void {
    for (const [index, write] of besides.entries()) {
      if (write.kind === 'open') this.#options.moved(first + index, write.row, null);
    }
  }

  /** As the store's, but that a full disk is waited for. */
  async append(unit: Unit): Promise<AppendResult> {
    const { store, time, clock } = this.#options;
    const result = await store.append(unit);
    if (result.kind !== 'full') return result;
    return appendLater(store, unit, { clock, time, signal: this.#stopping.signal });
  }

  #late({ shownId: run }: Motion, { kind: because }: AppendResult): false {
    this.#options.logger.warn('a late result was not recorded', { run, because });
    return false;
  }
}
