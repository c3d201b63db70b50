import { readFileSync } from 'node:fs';
import { nextTurn } from '../../std/turn.ts';

/** What the kernel's queue of changes holds where it does not say: its default. */
const QUEUE_LENGTH = 16_384;
const QUEUE_LENGTH_FILE = '/proc/sys/fs/inotify/max_queued_events';

/**
 * Notices that hints may have been lost.
 *
 * The kernel drops what its queue has no room for, and Node does not pass on that it did. But who
 * then reads the queue reads it full: as many hints come in one turn of the loop as it holds. The
 * queue is one for the whole process, so this is one for all sources. Half of the queue counts
 * already, as some of its entries are no hints of ours.
 */
export class Bursts {
  readonly #suspects = new Set<() => void>();
  readonly #hintsMax: number;
  #hints = 0;

  constructor(queueLength = queueLengthHere()) {
    this.#hintsMax = Math.max(1, Math.ceil(queueLength / 2));
  }

  /** Calls back, at most once a turn, when hints may have been lost. Returns how to end that. */
  onSuspicion(suspect: () => void): () => void {
    this.#suspects.add(suspect);
    return () => this.#suspects.delete(suspect);
  }

  /** A hint has come. */
  count(): void {
    if (this.#hints === 0) void nextTurn().then(() => (this.#hints = 0));
    this.#hints += 1;
    if (this.#hints === this.#hintsMax) for (const suspect of this.#suspects) suspect();
  }
}

function queueLengthHere(): number {
  try {
    const length = Number(readFileSync(QUEUE_LENGTH_FILE, 'utf8'));
    return Number.isInteger(length) && length > 0 ? length : QUEUE_LENGTH;
  } catch {
    return QUEUE_LENGTH;
  }
}
