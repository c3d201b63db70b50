/** Tries under way over one channel at once: one that hangs holds up no other channel. */
const TRIES_MAX = 4;
/** How many more there may be of what is urgent: others that hang do not hold it up. */
const URGENT_TRIES = 4;

interface Waiting {
  readonly isUrgent: boolean;
  readonly begin: () => void;
}

/** Whose turn it is on one channel: what is urgent goes first, the others in their order. */
export class ChannelQueue {
  readonly #waiting: Waiting[] = [];
  #underWay = 0;

  /** Resolves when it is the caller's turn, which ends with `leave`. */
  enter(isUrgent: boolean): Promise<void> {
    return new Promise((resolve) => {
      const place = isUrgent ? this.#waiting.findIndex((other) => !other.isUrgent) : -1;
      const waiting = { isUrgent, begin: resolve };
      if (place === -1) this.#waiting.push(waiting);
      else this.#waiting.splice(place, 0, waiting);
      this.#next();
    });
  }

  leave(): void {
    this.#underWay--;
    this.#next();
  }

  #next(): void {
    const [next] = this.#waiting;
    const most = next?.isUrgent === true ? TRIES_MAX + URGENT_TRIES : TRIES_MAX;
    if (next === undefined || this.#underWay >= most) return;
    this.#waiting.shift();
    this.#underWay++;
    next.begin();
  }
}
