import type pg from 'pg';
import { type Clock, delay } from '../../std/clock.ts';
import { SignalboxError } from '../../std/errors.ts';
import { cut } from './connection.ts';
import { reconnectPause, within } from './faults.ts';

/** The advisory lock of whoever alone works on a database. */
const SOLE_LOCK = 7_364_220;
/** How long somebody who is about to end is waited for, and how often is asked. */
const PATIENCE_MS = 2_000;
const RETRY_MS = 100;
/** How soon is noticed that somebody else has taken over. */
const LOOK_MS = 1_000;
const ANSWER_MS_MAX = 10_000;

interface SoleOptions {
  readonly open: (signal: AbortSignal) => Promise<pg.Client>;
  readonly clock: Clock;
}

/** What is told to whoever holds a database alone, and has lost it. */
interface Watched {
  readonly epoch: number;
  readonly fail: (error: Error) => void;
}

/**
 * Keeps a database to one daemon, by a lock that the server frees when the daemon's connection is
 * gone. Such a connection may break while the daemon lives: it is replaced then, and where another
 * daemon was faster, this one is told that it has lost the database. Until it hears of that, what
 * it writes of runs that are no longer its own is refused by their epoch.
 */
export class SoleDaemon {
  readonly #options: SoleOptions;
  readonly #stopped = new AbortController();
  #client: pg.Client;
  /** Whether the lock is known to be this daemon's. */
  #isHeld = true;
  #running: Promise<void> | undefined;

  private constructor(options: SoleOptions, client: pg.Client) {
    this.#options = options;
    this.#client = client;
  }

  /** @throws SignalboxError `data.locked` where another daemon works on the database. */
  static async take(options: SoleOptions): Promise<SoleDaemon> {
    const client = await options.open(new AbortController().signal);
    const until = options.clock.monotonic() + PATIENCE_MS;
    while (!(await isTaken(client))) {
      if (options.clock.monotonic() > until) {
        cut(client);
        throw taken('Another daemon works on this PostgreSQL database');
      }
      await delay(options.clock, RETRY_MS);
    }
    return new SoleDaemon(options, client);
  }

  /** Looks from now on whether the session of this epoch is still the last one. */
  watch(watched: Watched): void {
    this.#running = this.#run(watched);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    // Whatever it still waits for the server to say.
    cut(this.#client);
    await this.#running;
    cut(this.#client);
  }

  async #run(watched: Watched): Promise<void> {
    for (let failed = 0; !this.#stopped.signal.aborted;) {
      try {
        if (failed > 0) await this.#replace();
        await this.#look(watched);
        failed = 0;
        await delay(this.#options.clock, LOOK_MS, this.#stopped.signal);
      } catch {
        // An outage: who writes and reads tells it. The lock is taken again when it is over.
        await reconnectPause(this.#options.clock, ++failed, this.#stopped.signal);
      }
    }
  }

  async #replace(): Promise<void> {
    cut(this.#client);
    this.#client = await this.#options.open(this.#stopped.signal);
    this.#isHeld = false;
  }

  async #look({ epoch, fail }: Watched): Promise<void> {
    // The server may take a while to see that the connection before is gone, and then frees it.
    const { clock } = this.#options;
    if (!this.#isHeld) this.#isHeld = await within(clock, ANSWER_MS_MAX, isTaken(this.#client));
    const asked = this.#client.query<{ value: number }>(
      `SELECT value FROM signalbox.meta WHERE name = 'epoch'`,
    );
    const { rows } = await within(clock, ANSWER_MS_MAX, asked);
    if ((rows[0]?.value ?? epoch) <= epoch) return;
    fail(taken('Another daemon has taken over this PostgreSQL database'));
    this.#stopped.abort();
  }
}

async function isTaken(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_lock(${SOLE_LOCK}, 0) AS taken`,
  );
  return rows[0]?.taken === true;
}

function taken(what: string): SignalboxError {
  return new SignalboxError('data.locked', `${what}: stop it, or name another database.`);
}
