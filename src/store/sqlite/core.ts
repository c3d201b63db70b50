import type { Clock, Timer } from '../../std/clock.ts';
import type {
  Checkpoint,
  CursorRow,
  LaneRow,
  LetterRow,
  LogIdentity,
  LogRecord,
  OpenRunsOfFlow,
  RunRow,
  WindowRow,
} from '../contract.ts';
import type { EntityRow } from '../entity.ts';
import type { LogReport } from '../verification.ts';
import type {
  BranchQuery,
  ClaimQuery,
  CursorQuery,
  DueQuery,
  EntityQuery,
  LanesQuery,
  LetterQuery,
  LogQuery,
  PageQuery,
  RunQuery,
  WindowQuery,
} from '../queries.ts';
import type {
  Cut,
  Cuttable,
  CuttableQuery,
  Erasure,
  GroupsQuery,
  StoredGroup,
  Trim,
  Usage,
} from '../care.ts';
import { Anchor } from './anchor.ts';
import { careAnswers } from './care-answers.ts';
import type { SqliteDatabase, SqliteDriver } from './driver.ts';
import { dataError, isDiskFull } from './faults.ts';
import { type Lock, takeLock } from './lock.ts';
import { Prepared } from './prepared.ts';
import { metaValue, namesOf, setMetaValue } from './meta.ts';
import { SqliteReader } from './reader.ts';
import { RunReader } from './run-reader.ts';
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
  readAt: [readonly number[], LogRecord[]];
  run: [number, RunRow | undefined];
  runs: [RunQuery, RunRow[]];
  branches: [BranchQuery, RunRow[]];
  claimable: [ClaimQuery, RunRow[]];
  runsInLanes: [LanesQuery, RunRow[]];
  orphans: [PageQuery, RunRow[]];
  lanes: [null, LaneRow[]];
  openRunsByFlow: [null, OpenRunsOfFlow[]];
  letter: [number, LetterRow | undefined];
  letters: [LetterQuery, LetterRow[]];
  entity: [number, EntityRow | undefined];
  entities: [EntityQuery, EntityRow[]];
  dueEntities: [DueQuery, EntityRow[]];
  windows: [WindowQuery, WindowRow[]];
  cursors: [CursorQuery, CursorRow[]];
  checkpoint: [string, Checkpoint];
  usage: [null, Usage];
  consumers: [string, string[]];
  cut: [null, Cut | undefined];
  cuttable: [CuttableQuery, Cuttable | undefined];
  digests: [readonly number[], string[]];
  groups: [GroupsQuery, StoredGroup[]];
  trim: [Trim, boolean];
  sweep: [number, boolean];
  erase: [Erasure, boolean];
  verify: [
    { readonly begin: boolean; readonly deep: boolean },
    { done: number; report?: LogReport },
  ];
}

/** What answers each of these questions. */
export type Answers = { readonly [Q in keyof Queries]: (argument: Queries[Q][0]) => Queries[Q][1] };

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
  readonly #driver: SqliteDriver;
  readonly #clock: Clock;
  readonly #lock: Lock | undefined;
  readonly #witness: Witness | undefined;
  /** Undefined where the database is on no disk of the system's. */
  readonly #anchor: Anchor | undefined;
  readonly #answers: Answers;
  #verifier: Verifier | undefined;
  #witnessing: Timer | undefined;
  #closed = false;

  /** @throws SignalboxError `data.locked`, `data.corrupt`, `data.newer`, `data.unusable`. */
  constructor(options: CoreOptions) {
    this.#clock = options.clock;
    this.#driver = options.driver;
    this.#lock =
      options.lockPath === undefined ? undefined : takeLock(options.driver, options.lockPath);
    this.#witness =
      options.witnessPath === undefined ? undefined : fileWitness(options.witnessPath);
    let db: SqliteDatabase | undefined;
    try {
      db = options.driver.open(options.path);
      this.#db = db;
      this.#anchor = options.lockPath === undefined ? undefined : new Anchor(options.path);
      prepareSchema(this.#db);
      this.#writer = new SqliteWriter(this.#db);
      const prepared = new Prepared(this.#db);
      const reader = new SqliteReader(prepared);
      this.#assertWitnessed();
      this.opening = { identity: beginSession(this.#db, reader), head: this.#writer.head };
      this.#answers = this.#answersOf(reader, new RunReader(prepared));
    } catch (cause) {
      db?.close();
      this.#lock?.release();
      throw dataError(cause, options.path);
    }
  }

  /** Writes units that the next commit makes durable. Nothing may be asked before that. */
  write(batch: Flat): void {
    this.#writer.write(batch);
  }

  /**
   * Makes durable what was written.
   *
   * @throws what fails for another reason than space, also that the file was taken away meanwhile:
   *   nothing may be acknowledged then, and the process must not go on.
   */
  commit(): CommitReply {
    const reply = this.#writer.commit();
    this.#anchor?.assertHolds();
    if (this.#witness !== undefined) {
      this.#witnessing ??= this.#clock.schedule(WITNESS_DELAY_MS, () => this.#testify());
    }
    return reply;
  }

  /** What is to be done between commits, when those who waited have been answered. */
  tidy(): void {
    this.#writer.checkpoint();
  }

  query<Q extends keyof Queries>(name: Q, argument: Queries[Q][0]): Queries[Q][1] {
    const answer = this.#answers[name] as (argument: Queries[Q][0]) => Queries[Q][1];
    return answer(argument);
  }

  /** Copies the database into an empty file, whatever is written meanwhile. */
  async copy(path: string): Promise<void> {
    if (this.#driver.copy !== undefined) return this.#driver.copy(this.#db, path);
    this.#db.prepare('VACUUM INTO ?').run(path);
  }

  close(clean: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#witnessing?.cancel();
    if (clean) this.#noteCleanStop();
    this.#testify();
    this.#db.close();
    this.#lock?.release();
  }

  #noteCleanStop(): void {
    try {
      setMetaValue(this.#db, 'clean_epoch', this.opening.identity.epoch);
    } catch (error) {
      // Without space nothing can be noted: the next session takes this one for a crash.
      if (!isDiskFull(error)) throw error;
    }
  }

  #answersOf(reader: SqliteReader, rows: RunReader): Answers {
    const { epoch } = this.opening.identity;
    return {
      read: (query) => reader.read(query),
      findForeign: (id) => reader.findForeign(id),
      readStream: (stream) => reader.readStream(stream),
      readAt: (seqs) => reader.readAt(seqs),
      run: (id) => rows.run(id),
      runs: (query) => rows.runs(query),
      branches: (query) => rows.branches(query),
      claimable: (query) => rows.claimable(query),
      runsInLanes: (query) => rows.runsInLanes(query),
      orphans: (query) => rows.orphans(query, epoch),
      lanes: () => rows.lanes(),
      openRunsByFlow: () => rows.openRunsByFlow(),
      letter: (id) => rows.letter(id),
      letters: (query) => rows.letters(query),
      entity: (id) => rows.entity(id),
      entities: (query) => rows.entities(query),
      dueEntities: (query) => rows.dueEntities(query),
      windows: (query) => reader.windows(query),
      cursors: (query) => reader.cursors(query),
      checkpoint: (consumer) => reader.checkpoint(consumer),
      ...careAnswers(this.#db),
      verify: (argument) => this.#verify(argument),
    };
  }

  #verify({ begin, deep }: Queries['verify'][0]): Queries['verify'][1] {
    if (begin || this.#verifier === undefined) this.#verifier = new Verifier(this.#db, deep);
    return this.#verifier.step();
  }

  #testify(): void {
    this.#witnessing = undefined;
    const { seq, digest } = this.#writer.durable;
    try {
      this.#witness?.write({ logId: firstName(this.#db), seq, digest });
    } catch {
      // An older testimony stays true; the next commit, or the next close, tries again.
    }
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
  const epoch = metaValue(db, 'epoch') + 1;
  setMetaValue(db, 'epoch', epoch);
  const [last] = reader.read({ after: 0, limit: 1, newestFirst: true });
  return {
    names: namesOf(db),
    incarnation: metaValue(db, 'incarnation'),
    epoch,
    afterCleanStop: metaValue(db, 'clean_epoch') === epoch - 1,
    lastReceived: last?.received ?? 0,
  };
}
