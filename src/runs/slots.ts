/** The places for runs under way. Whoever holds none waits its turn. */
export class Slots {
  readonly all: number;
  #taken = 0;
  #backlog = false;
  #waiting = new Set<() => void>();

  constructor(all: number) {
    this.all = all;
  }

  get taken(): number {
    return this.#taken;
  }

  get free(): number {
    return Math.max(0, this.all - this.#taken);
  }

  /** Whether runs stand in the queue: newcomers then queue behind them. */
  get backlog(): boolean {
    return this.#backlog;
  }

  set backlog(value: boolean) {
    this.#backlog = value;
    if (!value) this.#call();
  }

  /** A place for a new run, unless none is free or others wait. */
  reserve(): boolean {
    if (this.#backlog || this.free === 0) return false;
    this.#taken++;
    return true;
  }

  /** A place for a run out of the queue. */
  take(): void {
    this.#taken++;
  }

  giveBack(): void {
    this.#taken--;
    this.#call();
  }

  /** Calls once, when a place may have become free; what it returns calls that off. */
  onFree(listener: () => void): () => void {
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  #call(): void {
    if (this.free === 0 || this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const listener of waiting) listener();
  }
}
