import type { LogRecord } from '../store/contract.ts';

/** Types whose last events are remembered; beyond them, all are forgotten. */
const TYPES_MAX = 10_000;

/** When each type was heard of last, so that most waits need not look for what came before them. */
export class HeardTypes {
  readonly #last = new Map<string, number>();
  /** All that came behind it is known. */
  #since = 0;

  /** Knows nothing of what came up to there. */
  begin(seq: number): void {
    this.#last.clear();
    this.#since = seq;
  }

  note({ type, seq }: Pick<LogRecord, 'type' | 'seq'>): void {
    if (this.#last.size >= TYPES_MAX && !this.#last.has(type)) this.begin(seq - 1);
    this.#last.set(type, seq);
  }

  /** Whether there is certainly no event of the type behind that seq. */
  isUnheardSince(type: string, seq: number): boolean {
    return seq >= this.#since && (this.#last.get(type) ?? 0) <= seq;
  }
}
