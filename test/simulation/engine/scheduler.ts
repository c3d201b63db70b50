import type { Random } from '../../../src/std/random.ts';
import type { Timer } from '../../../src/std/clock.ts';

/** Something that ends: what it planned dies with it. */
export interface Life {
  dead: boolean;
}

interface Entry {
  readonly at: number;
  readonly tie: number;
  readonly life: Life;
  task: (() => void | Promise<void>) | undefined;
}

/** How many things may happen before a simulation is taken for one that never ends. */
const EVENTS_MAX = 200_000;

/**
 * Virtual time, and one thing after the other in it. What falls on the same instant comes in an
 * order that the seed draws. Between two things every promise is settled that can be, so a process
 * can be ended after each of them: whatever it had in mind by then has reached nobody.
 */
export class Scheduler {
  readonly #random: Random;
  readonly #entries: Entry[] = [];
  #now = 0;
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** How many things have happened. */
  get count(): number {
    return this.#count;
  }

  /** Plans something that happens unless the life it belongs to has ended by then. */
  after(delayMs: number, life: Life, task: () => void | Promise<void>): Timer {
    const entry: Entry = { at: this.#now + Math.floor(delayMs), tie: this.#random(), life, task };
    this.#entries.push(entry);
    return {
      cancel: () => {
        entry.task = undefined;
      },
    };
  }

  /**
   * Lets things happen until `done` says so. `happened` is told of each with whose it was.
   *
   * @throws Error where nothing is planned any more, time runs out, or too much happens.
   */
  async run(
    done: () => boolean,
    { untilMs, happened }: { readonly untilMs: number; readonly happened: (life: Life) => void },
  ): Promise<void> {
    while (!done()) {
      const entry = this.#takeNext();
      if (entry === undefined) throw new Error('nothing more will happen');
      if (entry.at > untilMs) throw new Error(`not over after ${untilMs} virtual ms`);
      if (entry.life.dead || entry.task === undefined) continue;
      if (++this.#count > EVENTS_MAX) throw new Error(`not over after ${EVENTS_MAX} things`);
      this.#now = entry.at;
      await entry.task();
      await settled();
      happened(entry.life);
    }
  }

  #takeNext(): Entry | undefined {
    let first = 0;
    for (let i = 1; i < this.#entries.length; i++) if (this.#isBefore(i, first)) first = i;
    const entry = this.#entries[first];
    const last = this.#entries.pop();
    if (entry !== last && last !== undefined) this.#entries[first] = last;
    return entry;
  }

  #isBefore(i: number, j: number): boolean {
    const [a, b] = [this.#entries[i], this.#entries[j]];
    if (a === undefined || b === undefined) return false;
    return a.at < b.at || (a.at === b.at && a.tie < b.tie);
  }
}

/** Resolves when no promise that can go on is left to. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
