import type pg from 'pg';
import type { Clock } from '../../std/clock.ts';
import { outlast, within } from './faults.ts';

/** Rows that one query reads at the most. */
export const READ_LIMIT_MAX = 1_000;
const ANSWER_MS_MAX = 30_000;

/** Asks the database. Outlasts an outage: reading twice does no harm. */
export class Queries {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #closed = new AbortController();

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Ends what still waits for the end of an outage. */
  close(): void {
    this.#closed.abort();
  }

  /** The rows that a query answers, its values bound by position. */
  rows<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return outlast({ clock: this.#clock, signal: this.#closed.signal }, async () => {
      const client = await this.#pool.connect();
      let broken = true;
      try {
        const result = client.query<Row>(text, values);
        const { rows } = await within(this.#clock, ANSWER_MS_MAX, result);
        broken = false;
        return rows;
      } finally {
        client.release(broken);
      }
    });
  }
}
