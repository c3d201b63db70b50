import type pg from 'pg';
import type { Clock } from '../../std/clock.ts';
import { messageOf, SignalboxError } from '../../std/errors.ts';
import type { AppendResult, LogRecord, Unit } from '../contract.ts';
import { unitProblem } from '../unit-problem.ts';
import { cut } from './connection.ts';
import {
  isDiskFull,
  isOutage,
  OUTAGE_MS_MAX,
  reconnectPause,
  storeClosed,
  unreachable,
  within,
} from './faults.ts';
import {
  decodeReply,
  encodeGroup,
  GROUP_PARAMETERS,
  groupLength,
  type GroupReply,
} from './group.ts';

/** Ways on which groups go out: one commits while the next is on its way to the server. */
const LANES = [1, 2] as const;
/** Units that may wait for a group. Admission refuses long before. */
const WAITING_UNITS_MAX = 100_000;
/** How long the server works on a group before it gives up, and how long we wait for its answer. */
const STATEMENT_MS_MAX = 30_000;
const ANSWER_MS_MAX = 35_000;

/** Session, lane and number, and the arrays of `encodeGroup`. */
const PARAMETERS = 3 + GROUP_PARAMETERS;
const APPEND = {
  name: 'append',
  text: `SELECT * FROM signalbox.append(${placeholders(PARAMETERS)})`,
};

/** Each plan is made once: lookups by key, whatever the sizes of the tables were at the time. */
const SETTINGS = `
  SET statement_timeout = ${STATEMENT_MS_MAX};
  SET jit = off; SET plan_cache_mode = force_generic_plan;
  SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;`;

interface Waiting {
  readonly unit: Unit;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
}

export interface WriterOptions {
  readonly open: (signal: AbortSignal) => Promise<pg.Client>;
  readonly clock: Clock;
  readonly session: number;
  /** Resolves when all that listen have heard of the records. */
  readonly publish: (records: readonly LogRecord[]) => Promise<void>;
}

/** At most one group of a lane is unsettled: what `commits` knows of the lane is about that one. */
interface Lane {
  readonly name: number;
  number: number;
}

/**
 * Appends units in groups: what arrives while a group is under way forms the next one. Units get
 * their seqs in the order in which they were handed in.
 *
 * A group that an outage interrupts is sent again under its number, so that it is written once
 * whether or not its commit was reached.
 */
export class GroupWriter {
  readonly #options: WriterOptions;
  readonly #lanes: Lane[] = LANES.map((name) => ({ name, number: 0 }));
  readonly #waiting: Waiting[] = [];
  readonly #idle: (() => void)[] = [];
  readonly #ended = new AbortController();
  #connection: Promise<pg.Client> | undefined;
  #underWay = 0;
  #scheduled = false;
  #closed = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  pending(): number {
    return this.#waiting.length + this.#underWay;
  }

  append(unit: Unit): Promise<AppendResult> {
    const refusal = this.#refusal(unit);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ unit, resolve, reject });
      this.#schedule();
    });
  }

  /** Takes no more, writes what waits, and lets go of the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.pending() > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#ended.abort();
  }

  #refusal(unit: Unit): SignalboxError | undefined {
    if (this.#closed) return storeClosed();
    if (this.#waiting.length >= WAITING_UNITS_MAX) {
      const message = `${WAITING_UNITS_MAX} units wait to be written; slow down and try again.`;
      return new SignalboxError('store.busy', message);
    }
    const problem = unitProblem(unit);
    return problem === undefined ? undefined : new SignalboxError('store.unit_invalid', problem);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    while (this.#waiting.length > 0) {
      const lane = this.#lanes.shift();
      if (lane === undefined) return;
      const length = groupLength(unitsOf(this.#waiting));
      void this.#commit(this.#waiting.splice(0, length), lane);
    }
    if (this.pending() > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #commit(group: readonly Waiting[], lane: Lane): Promise<void> {
    this.#underWay += group.length;
    await this.#settle(group, lane);
    this.#underWay -= group.length;
    this.#lanes.push(lane);
    this.#schedule();
  }

  async #settle(group: readonly Waiting[], lane: Lane): Promise<void> {
    const units = [...unitsOf(group)];
    let reply: GroupReply;
    try {
      reply = await this.#write(units, lane);
    } catch (error) {
      return this.#refuse(group, lane, error);
    }
    try {
      const outcome = decodeReply(units, reply);
      await this.#options.publish(outcome.records);
      for (const [i, { resolve }] of group.entries()) resolve(outcome.results[i] ?? STALE);
    } catch (error) {
      rejectAll(group, error);
    }
  }

  /** The group as a whole failed, and nothing of it is written. */
  async #refuse(group: readonly Waiting[], lane: Lane, error: unknown): Promise<void> {
    if (isDiskFull(error)) {
      for (const { resolve } of group) resolve({ kind: 'full' });
    } else if (error instanceof SignalboxError) {
      rejectAll(group, error);
    } else if (group.length > 1) {
      // One of them is at fault, and only trying tells which.
      for (const waiting of group) await this.#settle([waiting], lane);
    } else {
      const message = `PostgreSQL refused the unit: ${messageOf(error)}.`;
      rejectAll(group, new SignalboxError('store.unit_invalid', message, { cause: error }));
    }
  }

  async #write(units: readonly Unit[], lane: Lane): Promise<GroupReply> {
    const { clock, session } = this.#options;
    const values = [session, lane.name, ++lane.number, ...encodeGroup(units)];
    const began = clock.monotonic();
    for (let failed = 0; ; failed++) {
      const connection = (this.#connection ??= this.#connect(failed));
      try {
        return await this.#ask(await connection, values);
      } catch (error) {
        if (!isOutage(error)) throw error;
        if (clock.monotonic() - began > OUTAGE_MS_MAX) throw unreachable(error);
        this.#drop(connection);
      }
    }
  }

  async #ask(client: pg.Client, values: (string | number)[]): Promise<GroupReply> {
    const query = client.query<GroupReply>({ ...APPEND, values });
    const { rows } = await within(this.#options.clock, ANSWER_MS_MAX, query);
    const [reply] = rows;
    if (reply === undefined) throw new Error('signalbox.append gave no answer');
    return reply;
  }

  async #connect(failed: number): Promise<pg.Client> {
    if (failed > 0) await reconnectPause(this.#options.clock, failed);
    const client = await this.#options.open(this.#ended.signal);
    await client.query(SETTINGS);
    return client;
  }

  #drop(connection: Promise<pg.Client>): void {
    if (this.#connection === connection) this.#connection = undefined;
    void connection.then(cut, () => {});
  }
}

const STALE: AppendResult = { kind: 'stale' };

function* unitsOf(waiting: readonly Waiting[]): Generator<Unit> {
  for (const { unit } of waiting) yield unit;
}

function rejectAll(group: readonly Waiting[], thrown: unknown): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  for (const { reject } of group) reject(error);
}

function placeholders(count: number): string {
  return Array.from({ length: count }, (_, i) => `$${i + 1}`).join(', ');
}
