import type { Clock } from '../../std/clock.ts';
import { SignalboxError, messageOf } from '../../std/errors.ts';
import { noRedaction, type Redaction } from '../../std/redact.ts';
import { redactedUnit } from '../redacted-unit.ts';
import type { AppendResult, LogIdentity, LogRecord, Store, Unit } from '../contract.ts';
import type { LogReport, VerifyOptions } from '../verification.ts';
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
import { assertServer, Connections, loadPg } from './connection.ts';
import { Follower } from './follower.ts';
import { Queries } from './queries.ts';
import { Reader } from './reader.ts';
import { RunReader } from './run-reader.ts';
import { beginSession, endSession } from './schema.ts';
import { SoleDaemon } from './sole.ts';
import { Tail } from './tail.ts';
import { GroupWriter } from './writer.ts';

/** Records whose places one step of `verify` checks. */
const VERIFY_RECORDS = 10_000;

export interface PostgresOptions {
  readonly url: string;
  readonly clock: Clock;
  /** Asked about all that is appended. */
  readonly redaction?: Redaction;
  /** Where given, nobody else may work on the database; told when it is let go of. */
  readonly alone?: { readonly closed: () => void };
}

/**
 * Opens the log in a PostgreSQL database, whose tables it makes where there are none. Many clients
 * may have it open at once; each is a session with an epoch of its own.
 *
 * `url` is a connection string such as `postgres://user:password@host/database`. It leads to the
 * server itself, or to a pooler that keeps sessions apart.
 *
 * @throws SignalboxError `store.driver_missing`, `data.newer`, `data.unusable` (no connection, a
 *   server older than version 15, a standby, a database that is not in UTF-8, missing rights);
 *   `data.locked` where it is to be alone, and is not.
 */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const connections = new Connections(await loadPg(), options.url);
  try {
    return await open(connections, options);
  } catch (cause) {
    await connections.end();
    if (cause instanceof SignalboxError) throw cause;
    const message = `The PostgreSQL database cannot be used: ${messageOf(cause)}.`;
    const remedy = 'Check its URL, that it runs, and that the user may create a schema in it.';
    throw new SignalboxError('data.unusable', `${message} ${remedy}`, { cause });
  }
}

async function open(
  connections: Connections,
  { clock, alone, redaction }: PostgresOptions,
): Promise<Store> {
  const client = await connections.open();
  const opening = { open: (signal: AbortSignal) => connections.open(signal), clock };
  let sole: SoleDaemon | undefined;
  try {
    await assertServer(client);
    sole = alone && (await SoleDaemon.take(opening));
    const identity = await beginSession(client);
    const { rows } = await client.query<{ seq: number }>('SELECT seq FROM signalbox.log_head');
    const head = rows[0]?.seq ?? 0;
    const closed = async (): Promise<void> => {
      await sole?.stop();
      alone?.closed();
    };
    const store = new PostgresStore({ connections, clock, identity, head, redaction, closed });
    sole?.watch({ epoch: identity.epoch, fail: (error) => store.fail(error) });
    await store.start().catch(async (error: unknown) => {
      await store.close();
      throw error;
    });
    return store;
  } catch (error) {
    await sole?.stop();
    throw error;
  } finally {
    await client.end();
  }
}

interface StoreOptions {
  readonly connections: Connections;
  readonly clock: Clock;
  readonly identity: LogIdentity;
  readonly head: number;
  readonly redaction: Redaction | undefined;
  /** Called once everything is let go of. */
  readonly closed: () => Promise<void>;
}

/** One client's view of the log. */
class PostgresStore implements Store {
  readonly care = undefined;
  readonly identity: LogIdentity;
  readonly failed: Promise<Error>;
  readonly #connections: Connections;
  readonly #queries: Queries;
  readonly #reader: Reader;
  readonly #rows: RunReader;
  readonly #writer: GroupWriter;
  readonly #tail: Tail;
  readonly #follower: Follower;
  readonly #redaction: Redaction;
  readonly #closed: () => Promise<void>;
  /** Says that the store can be trusted no longer. */
  readonly fail: (error: Error) => void;
  #closing: Promise<void> | undefined;

  constructor(options: StoreOptions) {
    const { connections, clock, identity, head, redaction = noRedaction, closed } = options;
    this.identity = identity;
    this.#redaction = redaction;
    this.#closed = closed;
    this.#connections = connections;
    this.#queries = new Queries(connections.pool, clock);
    this.#reader = new Reader(this.#queries);
    this.#rows = new RunReader(this.#queries);
    const tail = new Tail(head, (query) => this.#reader.read(query));
    this.#tail = tail;
    const session = identity.epoch;
    const openConnection: Connections['open'] = (signal) => connections.open(signal);
    this.#writer = new GroupWriter({
      open: openConnection,
      clock,
      session,
      publish: (records) => tail.publish(records),
    });
    let fail: (error: Error) => void = () => {};
    this.failed = new Promise((resolve) => {
      fail = resolve;
    });
    this.fail = fail;
    this.#follower = new Follower({ open: openConnection, clock, session, tail, fail });
  }

  start(): Promise<void> {
    return this.#follower.start();
  }

  head(): number {
    return this.#tail.head();
  }

  pending(): number {
    return this.#writer.pending();
  }

  async append(given: Unit): Promise<AppendResult> {
    try {
      return await this.#writer.append(redactedUnit(given, this.#redaction));
    } catch (error) {
      // Whether it was written is unknown: only who reads the log anew can tell.
      if (error instanceof SignalboxError && error.code === 'store.unreachable') this.fail(error);
      throw error;
    }
  }

  onCommitted(listener: (records: readonly LogRecord[]) => void): void {
    this.#tail.listen(listener);
  }

  read(query: LogQuery): Promise<LogRecord[]> {
    return this.#reader.read(query);
  }

  findForeign(id: string): ReturnType<Store['findForeign']> {
    return this.#reader.findForeign(id);
  }

  readStream(stream: number): ReturnType<Store['readStream']> {
    return this.#reader.readStream(stream);
  }

  readAt(seqs: readonly number[]): ReturnType<Store['readAt']> {
    return this.#reader.readAt(seqs);
  }

  run(id: number): ReturnType<Store['run']> {
    return this.#rows.run(id);
  }

  runs(query: RunQuery): ReturnType<Store['runs']> {
    return this.#rows.runs(query);
  }

  branches(query: BranchQuery): ReturnType<Store['branches']> {
    return this.#rows.branches(query);
  }

  claimable(query: ClaimQuery): ReturnType<Store['claimable']> {
    return this.#rows.claimable(query);
  }

  runsInLanes(query: LanesQuery): ReturnType<Store['runsInLanes']> {
    return this.#rows.runsInLanes(query);
  }

  orphans(query: PageQuery): ReturnType<Store['orphans']> {
    return this.#rows.orphans(query);
  }

  lanes(): ReturnType<Store['lanes']> {
    return this.#rows.lanes();
  }

  openRunsByFlow(): ReturnType<Store['openRunsByFlow']> {
    return this.#rows.openRunsByFlow();
  }

  letter(id: number): ReturnType<Store['letter']> {
    return this.#rows.letter(id);
  }

  letters(query: LetterQuery): ReturnType<Store['letters']> {
    return this.#rows.letters(query);
  }

  entity(id: number): ReturnType<Store['entity']> {
    return this.#rows.entity(id);
  }

  entities(query: EntityQuery): ReturnType<Store['entities']> {
    return this.#rows.entities(query);
  }

  dueEntities(query: DueQuery): ReturnType<Store['dueEntities']> {
    return this.#rows.dueEntities(query);
  }

  windows(query: WindowQuery): ReturnType<Store['windows']> {
    return this.#reader.windows(query);
  }

  cursors(query: CursorQuery): ReturnType<Store['cursors']> {
    return this.#reader.cursors(query);
  }

  checkpoint(consumer: string): ReturnType<Store['checkpoint']> {
    return this.#reader.checkpoint(consumer);
  }

  /** Checks that the log is dense and that streams lead back; digests are for the sealer to add. */
  async verify({ progress }: VerifyOptions): Promise<LogReport> {
    const events = this.#tail.head();
    for (let done = 0; done < events; done += VERIFY_RECORDS) {
      const to = Math.min(done + VERIFY_RECORDS, events);
      const firstBad = await this.#reader.firstBad(done + 1, to);
      if (firstBad !== undefined) return { events, chained: false, firstBad };
      progress(to, events);
    }
    return { events, chained: false, firstBad: null };
  }

  close(options: { readonly clean: boolean } = { clean: false }): Promise<void> {
    this.#closing ??= this.#close(options.clean);
    return this.#closing;
  }

  async #close(clean: boolean): Promise<void> {
    try {
      await this.#writer.close();
      if (clean) await endSession(this.#connections.pool, this.identity.epoch);
    } finally {
      this.#queries.close();
      await this.#follower.stop();
      await this.#connections.end();
      await this.#closed();
    }
  }
}
