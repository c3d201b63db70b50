import { type Clock, SystemClock } from '../../std/clock.ts';
import { SignalboxError } from '../../std/errors.ts';
import type { AppendResult, LogRecord, RecordDraft, Store, Unit } from '../contract.ts';
import type { LogReport, VerifyOptions } from '../verification.ts';
import { noRedaction, type Redaction } from '../../std/redact.ts';
import type {
  LogQuery,
  RunQuery,
  BranchQuery,
  ClaimQuery,
  CursorQuery,
  DueQuery,
  EntityQuery,
  LanesQuery,
  LetterQuery,
  PageQuery,
  WindowQuery,
} from '../queries.ts';
import type { StorageCare } from '../care.ts';
import { careOf } from './care.ts';
import { type Channel, inlineChannel } from './channel.ts';
import type { Queries } from './core.ts';
import type { SqliteDriver } from './driver.ts';
import { makePrivateDirectory, makePrivateFiles } from './private-files.ts';
import { redactedUnit } from '../redacted-unit.ts';
import { refuseElsewhere } from '../store-pin.ts';
import { unitLength } from '../unit-length.ts';
import { unitProblem } from '../unit-problem.ts';
import { prevOf, streamOf } from '../write-place.ts';
import { threadChannel } from './thread.ts';
import { decodeResult, encodeUnit, type Flat } from './wire.ts';
import type { CommitReply } from './writer.ts';

/**
 * Units in one commit: enough to make an fsync nearly free, few enough that their acks do not block
 * the loop.
 */
const GROUP_UNITS_MAX = 1_000;
/** Characters in one commit, as `unitLength` counts them. */
const GROUP_LENGTH_MAX = 16_777_216;
/** Groups under way: one being written while the next crosses over. */
const GROUPS_MAX = 2;
/**
 * Writes that are handed to the database before their group is complete: enough to be worth a
 * message, few enough that it works while the next ones are made.
 */
const AHEAD_WRITES = 64;

/** Units that become durable together, and how many characters they have. */
interface Group {
  readonly units: Queued[];
  length: number;
}

interface Queued {
  readonly unit: Unit;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
}

/** Opens a database in the caller's thread. */
export async function openSqliteStore(options: {
  readonly path: string;
  readonly driver: SqliteDriver;
  readonly clock: Clock;
  readonly lockPath?: string;
  readonly witnessPath?: string;
  readonly redaction?: Redaction;
}): Promise<Store> {
  return new SqliteStore(inlineChannel(options), options.clock, options.redaction);
}

/**
 * Opens `signalbox.db` of a data directory in a thread of its own, under the directory's lock.
 * Makes the directory, for its owner alone, where it is missing. `redaction` is asked about all
 * that is appended.
 *
 * @throws SignalboxError `store.elsewhere` where the directory's log is in PostgreSQL.
 */
export async function openDirectoryStore(
  directory: string,
  workerEntry: URL,
  redaction?: Redaction,
): Promise<Store> {
  makePrivateDirectory(directory);
  refuseElsewhere(directory);
  makePrivateFiles(directory);
  const channel = await threadChannel(workerEntry, {
    path: `${directory}/signalbox.db`,
    lockPath: `${directory}/lock.db`,
    witnessPath: `${directory}/witness`,
  });
  return new SqliteStore(channel, new SystemClock(), redaction);
}

/**
 * The store over a core. Groups what arrives while a commit is under way into the next one: no
 * timer waits for company, so a lone append costs one fsync and a thousand cost one too.
 */
class SqliteStore implements Store {
  readonly identity;
  readonly failed: Promise<Error>;
  readonly care: StorageCare;
  readonly #channel: Channel;
  readonly #clock: Clock;
  readonly #redaction: Redaction;
  readonly #listeners: Parameters<Store['onCommitted']>[0][] = [];
  readonly #fail: (error: Error) => void;
  #queue: Queued[] = [];
  #queuedWrites = 0;
  /** What was written ahead of its commit. */
  #group: Group = { units: [], length: 0 };
  #underWay = 0;
  #groups = 0;
  #scheduled = false;
  #head: number;
  #error: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(channel: Channel, clock: Clock, redaction: Redaction = noRedaction) {
    this.#channel = channel;
    this.#clock = clock;
    this.#redaction = redaction;
    this.identity = channel.opening.identity;
    this.care = careOf(channel, (name, argument) => this.#ask(name, argument));
    this.#head = channel.opening.head;
    const { promise, resolve } = withResolvers<Error>();
    this.failed = promise;
    this.#fail = resolve;
  }

  head(): number {
    return this.#head;
  }

  pending(): number {
    return this.#queue.length + this.#group.units.length + this.#underWay;
  }

  append(given: Unit): Promise<AppendResult> {
    if (this.#error !== undefined || this.#closing !== undefined) {
      return Promise.reject(
        this.#error ?? new SignalboxError('store.closed', 'The store is closed.'),
      );
    }
    const unit = redactedUnit(given, this.#redaction);
    const problem = unitProblem(unit);
    if (problem !== undefined) {
      return Promise.reject(new SignalboxError('store.unit_invalid', problem));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ unit, resolve, reject });
      this.#queuedWrites += unit.writes.length;
      this.#schedule();
      if (this.#queuedWrites >= AHEAD_WRITES) this.#writeAhead();
    });
  }

  onCommitted(listener: Parameters<Store['onCommitted']>[0]): void {
    this.#listeners.push(listener);
  }

  read(query: LogQuery): Promise<LogRecord[]> {
    return this.#ask('read', query);
  }

  findForeign(id: string): ReturnType<Store['findForeign']> {
    return this.#ask('findForeign', id);
  }

  readStream(stream: number): ReturnType<Store['readStream']> {
    return this.#ask('readStream', stream);
  }

  readAt(seqs: readonly number[]): ReturnType<Store['readAt']> {
    return this.#ask('readAt', seqs);
  }

  run(id: number): ReturnType<Store['run']> {
    return this.#ask('run', id);
  }

  runs(query: RunQuery): ReturnType<Store['runs']> {
    return this.#ask('runs', query);
  }

  branches(query: BranchQuery): ReturnType<Store['branches']> {
    return this.#ask('branches', query);
  }

  claimable(query: ClaimQuery): ReturnType<Store['claimable']> {
    return this.#ask('claimable', query);
  }

  runsInLanes(query: LanesQuery): ReturnType<Store['runsInLanes']> {
    return this.#ask('runsInLanes', query);
  }

  orphans(query: PageQuery): ReturnType<Store['orphans']> {
    return this.#ask('orphans', query);
  }

  lanes(): ReturnType<Store['lanes']> {
    return this.#ask('lanes', null);
  }

  openRunsByFlow(): ReturnType<Store['openRunsByFlow']> {
    return this.#ask('openRunsByFlow', null);
  }

  letter(id: number): ReturnType<Store['letter']> {
    return this.#ask('letter', id);
  }

  letters(query: LetterQuery): ReturnType<Store['letters']> {
    return this.#ask('letters', query);
  }

  entity(id: number): ReturnType<Store['entity']> {
    return this.#ask('entity', id);
  }

  entities(query: EntityQuery): ReturnType<Store['entities']> {
    return this.#ask('entities', query);
  }

  dueEntities(query: DueQuery): ReturnType<Store['dueEntities']> {
    return this.#ask('dueEntities', query);
  }

  windows(query: WindowQuery): ReturnType<Store['windows']> {
    return this.#ask('windows', query);
  }

  cursors(query: CursorQuery): ReturnType<Store['cursors']> {
    return this.#ask('cursors', query);
  }

  checkpoint(consumer: string): ReturnType<Store['checkpoint']> {
    return this.#ask('checkpoint', consumer);
  }

  async verify({ progress, deep }: VerifyOptions): Promise<LogReport> {
    let step = await this.#ask('verify', { begin: true, deep });
    while (step.report === undefined) {
      progress(step.done, this.#head);
      step = await this.#ask('verify', { begin: false, deep });
    }
    return step.report;
  }

  close(options: { readonly clean: boolean } = { clean: false }): Promise<void> {
    this.#closing ??= this.#close(options.clean);
    return this.#closing;
  }

  async #close(clean: boolean): Promise<void> {
    while (this.#error === undefined && this.pending() > 0) {
      this.#flush();
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
    await this.#channel.close(clean && this.#error === undefined);
  }

  #schedule(): void {
    if (this.#scheduled || this.#groups >= GROUPS_MAX) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    while (this.pending() > this.#underWay && this.#groups < GROUPS_MAX) void this.#commit();
  }

  /** Hands over what is queued, as a part of the group that is being gathered. */
  #writeAhead(): void {
    if (this.#groups >= GROUPS_MAX) return;
    const units = this.#take();
    if (units.length > 0) this.#channel.write(encoded(units));
  }

  /** Moves from the queue into the group what the group has room for. */
  #take(): readonly Queued[] {
    const group = this.#group;
    let count = 0;
    for (const { unit } of this.#queue) {
      const room = group.units.length + count < GROUP_UNITS_MAX && group.length < GROUP_LENGTH_MAX;
      if (!room) break;
      group.length += unitLength(unit);
      this.#queuedWrites -= unit.writes.length;
      count++;
    }
    const units = this.#queue.splice(0, count);
    group.units.push(...units);
    return units;
  }

  async #commit(): Promise<void> {
    const last = encoded(this.#take());
    const { units } = this.#group;
    this.#group = { units: [], length: 0 };
    this.#groups++;
    this.#underWay += units.length;
    const begun = this.#clock.monotonic();
    try {
      const reply = await this.#channel.commit(last);
      this.#acknowledge(units, reply, this.#clock.monotonic() - begun);
    } catch (error) {
      this.#break(units, error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#groups--;
      this.#underWay -= units.length;
      if (this.pending() > this.#underWay && this.#error === undefined) this.#schedule();
    }
  }

  /** Asks the database, which a group that is half written must not show itself to. */
  #ask<Q extends keyof Queries>(name: Q, argument: Queries[Q][0]): Promise<Queries[Q][1]> {
    if (this.#group.units.length > 0) void this.#commit();
    return this.#channel.query(name, argument);
  }

  #acknowledge(group: readonly Queued[], reply: CommitReply, tookMs: number): void {
    this.#head = reply.head;
    const records: LogRecord[] = [];
    const results = group.map(({ unit }, i) => {
      const result = decodeResult(reply.results[2 * i], reply.results[2 * i + 1] ?? 0);
      if (result.kind === 'appended') placeRecords(unit, result.first, records);
      return result;
    });
    if (records.length > 0) for (const listener of this.#listeners) listener(records, tookMs);
    for (const [i, { resolve }] of group.entries()) resolve(results[i] ?? { kind: 'stale' });
  }

  #break(group: readonly Queued[], error: Error): void {
    this.#error ??= error;
    for (const { reject } of [...group, ...this.#group.units.splice(0), ...this.#queue.splice(0)])
      reject(error);
    this.#fail(error);
  }
}

function encoded(queued: readonly Queued[]): Flat {
  const batch: Flat = [];
  for (const { unit } of queued) encodeUnit(unit, batch);
  return batch;
}

function placeRecords(unit: Unit, first: number, records: LogRecord[]): void {
  let seq = first;
  for (const write of unit.writes) {
    records.push(placed(write.record, { seq, stream: streamOf(write, seq), prev: prevOf(write) }));
    seq++;
  }
}

/** Spelt out, since this is done for every record and a spread costs several times as much. */
function placed(
  record: RecordDraft,
  place: { readonly seq: number; readonly stream: number | null; readonly prev: number | null },
): LogRecord {
  return {
    seq: place.seq,
    stream: place.stream,
    prev: place.prev,
    type: record.type,
    version: record.version,
    source: record.source,
    id: record.id,
    subject: record.subject,
    received: record.received,
    correlation: record.correlation,
    causation: record.causation,
    hops: record.hops,
    attributes: record.attributes,
    data: record.data,
  };
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
