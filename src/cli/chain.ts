import type { Event } from '../events/event.ts';
import { SignalboxError } from '../std/errors.ts';
import { RUN_ENDS } from '../runs/journal.ts';
import type { RunView } from '../views/run-view.ts';
import type { Client } from './client.ts';
import { collect } from './pages.ts';

/** How many runs of a chain are told at its end. */
const RUNS_MAX = 1_000;

/** An event that was recorded, and all that comes of it. */
export interface ChainStart {
  /** The id of the event, which is the root of its chain. */
  readonly id: string;
  readonly seq: number;
}

/**
 * A chain of causes as it goes on: which of its proposals are open, and whether all of its runs
 * have ended. What is known of it comes from the log alone, so it makes no difference who decides.
 */
export class Chain {
  readonly #client: Client;
  readonly #start: ChainStart;
  /** Open proposals, in the order in which they came. */
  readonly #open = new Set<string>();
  /** Runs that have begun and not ended. */
  readonly #going = new Set<string>();
  #isOver = false;
  #failure: Error | undefined;
  #wake: (() => void)[] = [];

  constructor(client: Client, start: ChainStart) {
    this.#client = client;
    this.#start = start;
  }

  /** Whether all of its runs have ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The proposals that are open, oldest first. */
  get open(): readonly string[] {
    return [...this.#open];
  }

  /** Whether a proposal of the chain is open, as far as is known. */
  isOpen(proposal: string): boolean {
    return this.#open.has(proposal);
  }

  /**
   * Resolves when something has changed since it was called.
   *
   * @throws SignalboxError `daemon.stopped`, and whatever reading the log throws.
   */
  async change(): Promise<void> {
    if (this.#failure === undefined) await new Promise<void>((tell) => this.#wake.push(tell));
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The same, but false where the signal aborts before that. */
  async changeUnless(signal: AbortSignal): Promise<boolean> {
    if (this.#isOver) return true;
    if (signal.aborted) return false;
    let stop = (): void => {};
    const aborted = new Promise<boolean>((resolve) => {
      stop = () => resolve(false);
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([this.change().then(() => true), aborted]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Follows the chain until it is over. Never throws: `change` does. */
  async follow(): Promise<void> {
    try {
      await this.#follow();
    } catch (error) {
      // Whatever else ends the stream, such as a daemon that was killed, ends the questions.
      this.#failure = error instanceof SignalboxError ? error : stopped(error);
    }
    this.#tell();
  }

  /** The runs of the chain, oldest first. */
  async runs(): Promise<readonly RunView[]> {
    const { id: correlation } = this.#start;
    const runs = await collect(RUNS_MAX, (limit, before: string | undefined) =>
      this.#client.runs({ correlation, limit, before }),
    );
    return runs.toReversed();
  }

  async #follow(): Promise<void> {
    const { id, seq } = this.#start;
    // Followed from the event itself on: nothing can slip by between a look and the stream.
    const events = this.#client.follow({ after: seq });
    if (await this.#hasEnded(seq)) return;
    for await (const event of events) {
      if (event.correlationid !== id) continue;
      await this.#note(event);
      this.#tell();
      if (this.#going.size === 0 && RUN_ENDS.has(event.type) && (await this.#hasEnded(event.seq))) {
        return;
      }
    }
    throw stopped();
  }

  /** Whether nothing goes on, and nothing that was recorded up to `seq` is still to start a run. */
  async #hasEnded(seq: number): Promise<boolean> {
    await this.#client.event(this.#start.id, seq);
    this.#isOver = (await this.runs()).every(({ ended }) => ended !== null);
    // What a run proposed that has ended waits for nobody.
    if (this.#isOver) this.#open.clear();
    return this.#isOver;
  }

  async #note({ type, id, causationid = '' }: Event): Promise<void> {
    if (type === 'run.started') this.#going.add(id);
    else if (type === 'run.retried') this.#going.add(causationid);
    else if (RUN_ENDS.has(type)) this.#going.delete(causationid);
    else if (type === 'proposal.opened') {
      const proposal = await this.#client.proposals.find(id);
      if (proposal?.state === 'open') this.#open.add(id);
    } else if (type.startsWith('proposal.')) await this.#look();
  }

  /** What was decided names its run alone: each proposal that was open is looked at. */
  async #look(): Promise<void> {
    for (const id of this.#open) {
      const proposal = await this.#client.proposals.find(id);
      if (proposal?.state !== 'open') this.#open.delete(id);
    }
  }

  #tell(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const tell of waiting) tell();
  }
}

function stopped(cause?: unknown): SignalboxError {
  const message =
    'The daemon stopped before every run had ended; they go on, and ask again, when one runs.';
  return new SignalboxError('daemon.stopped', message, { cause });
}
