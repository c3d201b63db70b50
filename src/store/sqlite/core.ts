import type { Clock, Timer } from '../../std/clock.ts';
import type {
  Checkpoint,
  ClaimQuery,
  LogIdentity,
  LogQuery,
  LogRecord,
  LogReport,
  OpenRuns,
  RunQuery,
  RunRow,
} from '../contract.ts';
import type { SqliteDatabase, SqliteDriver } from './driver.ts';
import { dataError } from './faults.ts';
import { type Lock, takeLock } from './lock.ts';
import { SqliteReader } from './reader.ts';
import { prepareSchema } from './schema.ts';
import { Verifier } from './verifier.ts';
import type { Flat } from './wire.ts';
import { assertWitnessed, fileWitness, type Witness } from './witness.ts';
import { type CommitReply, SqliteWriter } from './writer.ts';

export interface CoreOptions {
  readonly driver: SqliteDriver;
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly clock: Clock;
  /** A file to lock for as long as the database is open. */
  readonly lockPath?: string | undefined;
  /** A file that remembers how far the log was. */
  readonly witnessPath?: string | undefined;
}

/** What the facade learns when the database is open. */
export interface Opening {
  readonly identity: LogIdentity;
  readonly head: number;
}

/** What may be asked of the core, each with its argument and its answer. */
export interface Queries {
  read: [LogQuery, LogRecord[]];
  findForeign: [string, LogRecord | undefined];
  readStream: [number, LogRecord[]];
  run: [number, RunRow | undefined];
  runs: [RunQuery, RunRow[]];
  claimable: [ClaimQuery, RunRow[]];
  openRuns: [null, OpenRuns];
  nextDue: [null, number | null];
  checkpoint: [string, Checkpoint];
  verify: [
    { readonly begin: boolean; readonly deep: boolean },
    { done: number; report?: LogReport },
  ];
}

type Answers = { readonly [Q in keyof Queries]: (argument: Queries[Q][0]) => Queries[Q][1] };

/** The log is never further ahead of its witness than this. */
const WITNESS_DELAY_MS = 1_000;

/**
 * A database and everything that touches it, synchronous: it lives in the writer's thread, or in
 * the caller's where tests and simulations want every step in their own hands.
 */
export class SqliteCore {
  readonly opening: Opening;
  readonly #db: SqliteDatabase;
  readonly #writer: SqliteWriter;
  readonly #reader: SqliteReader;
  readonly #clock: Clock;
  readonly #lock: Lock | undefined;
  readonly #witness: Witness | undefined;
  readonly #answers: Answers;
  #verifier: Verifier | undefined;
  #witnessing: Timer | undefined;
  #closed = false;

  /** @throws SignalboxError `data.locked`, `data.corrupt`, `data.newer`, `data.unusable`. */
  constructor(options: CoreOptions) {
    this.#clock = options.clock;
    this.#lock =
      options.lockPath === undefined ? undefined : takeLock(options.driver, options.lockPath);
    this.#witness =
      options.witnessPath === undefined ? undefined : fileWitness(options.witnessPath);
    try {
      this.#db = options.driver.open(options.path);
      prepareSchema(this.#db);
      this.#writer = new SqliteWriter(this.#db);
      this.#reader = new SqliteReader(this.#db);
      this.#assertWitnessed();
      this.opening = { identity: beginSession(this.#db, this.#reader), head: this.#writer.head };
      this.#answers = this.#answersOf(this.#reader);
    } catch (cause) {
      this.#lock?.release();
      throw dataError(cause, options.path);
    }
  }

  commit(batch: Flat): CommitReply {
    const reply = this.#writer.commit(batch);
    if (this.#witness !== undefined) {
      this.#witnessing ??= this.#clock.schedule(WITNESS_DELAY_MS, () => this.#testify());
    }
    return reply;
  }

  query<Q extends keyof Queries>(name: Q, argument: Queries[Q][0]): Queries[Q][1] {
    const answer = this.#answers[name] as (argument: Queries[Q][0]) => Queries[Q][1];
    return answer(argument);
  }

  close(clean: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#witnessing?.cancel();
    if (clean) {
      const { epoch } = this.opening.identity;
      this.#db.prepare(`UPDATE meta SET value = ? WHERE name = 'clean_epoch'`).run(epoch);
    }
    this.#testify();
    this.#db.close();
    this.#lock?.release();
  }

  #answersOf(reader: SqliteReader): Answers {
    const { epoch } = this.opening.identity;
    return {
      read: (query) => reader.read(query),
      findForeign: (id) => reader.findForeign(id),
      readStream: (stream) => reader.readStream(stream),
      run: (id) => reader.run(id),
      runs: (query) => reader.runs(query),
      claimable: (query) => reader.claimable(query, epoch),
      openRuns: () => reader.openRuns(),
      nextDue: () => reader.nextDue(),
      checkpoint: (consumer) => reader.checkpoint(consumer),
      verify: (argument) => this.#verify(argument),
    };
  }

  #verify({ begin, deep }: Queries['verify'][0]): Queries['verify'][1] {
    if (begin || this.#verifier === undefined) this.#verifier = new Verifier(this.#db, deep);
    return this.#verifier.step();
  }

  #testify(): void {
    this.#witnessing = undefined;
    const { head: seq, digest } = this.#writer;
    this.#witness?.write({ logId: firstName(this.#db), seq, digest });
  }

  #assertWitnessed(): void {
    const testimony = this.#witness?.read();
    if (testimony === undefined) return;
    const find = this.#db.prepare('SELECT digest FROM segments WHERE last = ?');
    assertWitnessed(testimony, {
      logId: firstName(this.#db),
      head: this.#writer.head,
      digestAt: (seq) => find.get(seq)?.['digest']?.toString(),
    });
  }
}

/** The name that the log was born with: it never changes, whatever is restored. */
function firstName(db: SqliteDatabase): string {
  return String(
    db.prepare('SELECT log_id FROM names ORDER BY since LIMIT 1').get()?.['log_id'] ?? '',
  );
}

function beginSession(db: SqliteDatabase, reader: SqliteReader): LogIdentity {
  db.exec(`UPDATE meta SET value = value + 1 WHERE name = 'epoch'`);
  const meta = new Map(
    db
      .prepare('SELECT name, value FROM meta')
      .all()
      .map(({ name, value }) => [name, Number(value)]),
  );
  const epoch = meta.get('epoch') ?? 1;
  const names = db.prepare('SELECT since, log_id FROM names ORDER BY since').all();
  const [last] = reader.read({ after: 0, limit: 1, newestFirst: true });
  return {
    names: names.map(({ since, log_id: logId }) => ({ from: Number(since), logId: String(logId) })),
    incarnation: meta.get('incarnation') ?? 1,
    epoch,
    afterCleanStop: (meta.get('clean_epoch') ?? 0) === epoch - 1,
    lastReceived: last?.received ?? 0,
  };
}
