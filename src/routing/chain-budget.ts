/** What one chain of causes may start from its second generation of runs on. */
export interface LoopBudget {
  readonly runs: number;
  /** In milliseconds, from the first of these starts on. */
  readonly time: number;
}

/** A start that an event far down a chain of causes asks for. */
export interface ChainStart {
  /** The root of the chain, as shown. */
  readonly correlation: string;
  /** How many causes lie between the root and the event. */
  readonly hops: number;
  /** When the event was received, in engine time. */
  readonly received: number;
}

/** Chains that are remembered at once: the one that started nothing for longest is forgotten. */
export const CHAINS_MAX = 10_000;
/** What an event of the root's own runs starts is no loop yet, and costs no place here. */
const FREE_HOPS = 1;

interface Spent {
  readonly since: number;
  runs: number;
}

/**
 * Counts what the chains of causes start, so that one that goes round, or that spreads with each
 * turn, comes to an end. The counts are in memory alone: after a restart, or when a chain has been
 * forgotten, it has its whole budget again; how long a chain may be at all is limited beside that.
 */
export class ChainBudgets {
  readonly #budget: LoopBudget;
  /** By correlation, the one that started something last at the end. */
  readonly #spent = new Map<string, Spent>();

  constructor(budget: LoopBudget) {
    this.#budget = budget;
  }

  /** Counts the start, or says in a sentence why the chain may start no more. */
  spend({ correlation, hops, received }: ChainStart): string | undefined {
    if (hops <= FREE_HOPS) return undefined;
    const spent = this.#spent.get(correlation) ?? { since: received, runs: 0 };
    const { runs, time } = this.#budget;
    if (spent.runs >= runs) return exhausted(`has started ${spent.runs} runs`, `runs: ${runs}`);
    if (received - spent.since >= time)
      return exhausted(`has gone on for ${received - spent.since} ms`, `time: ${time} ms`);
    spent.runs++;
    this.#spent.delete(correlation);
    this.#spent.set(correlation, spent);
    for (const [oldest] of this.#spent) {
      if (this.#spent.size <= CHAINS_MAX) break;
      this.#spent.delete(oldest);
    }
    return undefined;
  }

  /** Takes back a start that has not come about. `hops` is that of its event, as it was counted. */
  giveBack({ correlation, hops }: Pick<ChainStart, 'correlation' | 'hops'>): void {
    const spent = hops <= FREE_HOPS ? undefined : this.#spent.get(correlation);
    if (spent !== undefined && spent.runs > 0) spent.runs--;
  }
}

function exhausted(what: string, limit: string): string {
  return `The chain of causes ${what}, and "loop_budget" allows ${limit}; it is taken for a loop.`;
}
