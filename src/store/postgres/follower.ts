import type pg from 'pg';
import { type Clock, delay } from '../../std/clock.ts';
import { SignalboxError } from '../../std/errors.ts';
import { CHANNEL, SEEN_PERIOD_MS, SEEN_PERIODS } from './append-function.ts';
import { cut } from './connection.ts';
import { reconnectPause, within } from './faults.ts';
import type { Tail } from './tail.ts';

/** The advisory lock that a session holds while it lives: this class, and its epoch. */
export const SESSION_LOCK = 7_364_219;

/** How late records of others are seen where a notification was lost. */
const POLL_MS = 1_000;
const ANSWER_MS_MAX = 10_000;
/** Polls between two removals of what is no longer needed, and rows that one removes. */
const PRUNE_POLLS = 600;
const PRUNE_ROWS = 10_000;

export interface FollowerOptions {
  readonly open: (signal: AbortSignal) => Promise<pg.Client>;
  readonly clock: Clock;
  readonly session: number;
  readonly tail: Tail;
  readonly fail: (error: Error) => void;
}

/**
 * Watches the log grow: by notifications, which are only hints, and by asking each second, which
 * also shows whether the connection still lives. A lost one is replaced, however long that takes.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #stopped = new AbortController();
  #client: pg.Client | undefined;
  #running: Promise<void> | undefined;
  #polls = 0;
  #failed = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Resolves when the session shows as living and the log is being watched. */
  async start(): Promise<void> {
    const client = await this.#begin();
    this.#running = this.#run(client);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #begin(): Promise<pg.Client> {
    const { open, session, tail } = this.#options;
    const client = await open(this.#stopped.signal);
    this.#client = client;
    const own = `${session}:`;
    client.on('notification', ({ payload = '' }) => {
      // Of our own records the writer tells, and it has them in hand.
      if (!payload.startsWith(own)) tail.notice(Number(payload.split(':')[1]));
    });
    await client.query(
      `LISTEN ${CHANNEL}; SELECT pg_advisory_lock_shared(${SESSION_LOCK}, ${session})`,
    );
    return client;
  }

  async #run(first: pg.Client): Promise<void> {
    let client: pg.Client | undefined = first;
    while (!this.#stopped.signal.aborted) {
      try {
        client ??= await this.#begin();
        await this.#watch(client);
      } catch {
        // Whatever broke the connection, appends and reads tell their callers; this only goes on.
        if (this.#client !== undefined) cut(this.#client);
        client = undefined;
        await reconnectPause(this.#options.clock, ++this.#failed, this.#stopped.signal);
      }
    }
  }

  async #watch(client: pg.Client): Promise<void> {
    const { clock } = this.#options;
    const ended = new AbortController();
    client.once('end', () => ended.abort());
    while (!this.#stopped.signal.aborted) {
      await within(clock, ANSWER_MS_MAX, this.#poll(client));
      await delay(clock, POLL_MS, ended.signal);
    }
  }

  async #poll(client: pg.Client): Promise<void> {
    const { tail, fail } = this.#options;
    const heard = tail.head();
    const { rows } = await client.query<{ seq: number }>('SELECT seq FROM signalbox.log_head');
    const head = rows[0]?.seq ?? 0;
    if (head < heard) fail(wentBack(head, heard));
    tail.notice(head);
    this.#failed = 0;
    if (this.#polls++ % PRUNE_POLLS === 0) await prune(client);
  }
}

/** Removes foreign ids that are past their window, and answers that nobody will ask for. */
async function prune(client: pg.Client): Promise<void> {
  await client.query(`
    DELETE FROM signalbox.seen WHERE (period, key) IN (
      SELECT period, key FROM signalbox.seen WHERE period <= (
        SELECT received / ${SEEN_PERIOD_MS} - ${SEEN_PERIODS} FROM signalbox.log_head
      ) LIMIT ${PRUNE_ROWS}
    );
    DELETE FROM signalbox.commits WHERE written < now() - interval '1 day';`);
}

function wentBack(head: number, heard: number): SignalboxError {
  const message =
    `The log in PostgreSQL ends at ${head}, but had reached ${heard}: records are lost. ` +
    `Was a backup restored, or did an asynchronous standby take over? Restart every daemon on it.`;
  return new SignalboxError('data.corrupt', message);
}
