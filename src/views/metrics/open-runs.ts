/** Runs of which is known how they began. What is beyond is looked up when it ends. */
const RUNS_MAX = 50_000;

/** What is remembered of a run, or of a branch, while it is open. */
export interface OpenRun {
  readonly flow: string;
  /** Engine time in milliseconds. */
  readonly started: number;
  /** The seq of the record to which its end is told; null where nobody waits for it. */
  readonly fork: number | null;
  /** Whether it answers an event by itself: it is no branch, and nobody called it. */
  readonly answers: boolean;
  /** When its event became durable, by the monotonic clock; undefined where that was before us. */
  readonly heard: number | undefined;
  /** When it rests: until when, in engine time. */
  due: number | undefined;
  /** Its failure is recorded already, and its flow does something about it. */
  failing: boolean;
}

/** The open runs that began while we listened, as far as there is room for them. */
export class OpenRuns {
  readonly #runs = new Map<number, OpenRun>();

  begin(id: number, run: Omit<OpenRun, 'due' | 'failing'>): void {
    if (this.#runs.size < RUNS_MAX) this.#runs.set(id, { ...run, due: undefined, failing: false });
  }

  get(id: number): OpenRun | undefined {
    return this.#runs.get(id);
  }

  end(id: number): void {
    this.#runs.delete(id);
  }
}
