import { mkdir } from 'node:fs/promises';
import type { Clock } from '../../std/clock.ts';
import { SignalboxError } from '../../std/errors.ts';
import type {
  AppendResult,
  LogQuery,
  LogRecord,
  LogReport,
  RecordDraft,
  RunQuery,
  ClaimQuery,
  Store,
  Unit,
  VerifyOptions,
} from '../contract.ts';
import { type Channel, inlineChannel } from './channel.ts';
import type { SqliteDriver } from './driver.ts';
import { dataError } from './faults.ts';
import { unitProblem } from '../unit-problem.ts';
import { threadChannel } from './thread.ts';
import { decodeResult, encodeUnit, type Flat } from './wire.ts';
import type { CommitReply } from './writer.ts';

/**
 * Units in one commit: enough to make an fsync nearly free, few enough that their acks do not block
 * the loop.
 */
const GROUP_UNITS_MAX = 1_000;
/** Payload characters in one commit. */
const GROUP_LENGTH_MAX = 16_777_216;
/** Batches under way: one being written while the next crosses over. */
const GROUPS_MAX = 2;

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
}): Promise<Store> {
  return new SqliteStore(inlineChannel(options));
}

/**
 * Opens `signalbox.db` of a data directory in a thread of its own, under the directory's lock.
 * Makes the directory, for its owner alone, where it is missing.
 */
export async function openDirectoryStore(directory: string, workerEntry: URL): Promise<Store> {
  await makeDirectory(directory);
  const channel = await threadChannel(workerEntry, {
    path: `${directory}/signalbox.db`,
    lockPath: `${directory}/lock.db`,
    witnessPath: `${directory}/witness`,
  });
  return new SqliteStore(channel);
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw dataError(cause, directory);
  }
}

/**
 * The store over a core. Groups what arrives while a commit is under way into the next one: no
 * timer waits for company, so a lone append costs one fsync and a thousand cost one too.
 */
class SqliteStore implements Store {
  readonly identity;
  readonly failed: Promise<Error>;
  readonly #channel: Channel;
  readonly #listeners: ((records: readonly LogRecord[]) => void)[] = [];
  readonly #fail: (error: Error) => void;
  #queue: Queued[] = [];
  #underWay = 0;
  #groups = 0;
  #scheduled = false;
  #head: number;
  #error: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
    this.identity = channel.opening.identity;
    this.#head = channel.opening.head;
    const { promise, resolve } = withResolvers<Error>();
    this.failed = promise;
    this.#fail = resolve;
  }

  head(): number {
    return this.#head;
  }

  pending(): number {
    return this.#queue.length + this.#underWay;
  }

  append(unit: Unit): Promise<AppendResult> {
    if (this.#error !== undefined || this.#closing !== undefined) {
      return Promise.reject(
        this.#error ?? new SignalboxError('store.closed', 'The store is closed.'),
      );
    }
    const problem = unitProblem(unit);
    if (problem !== undefined) {
      return Promise.reject(new SignalboxError('store.unit_invalid', problem));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ unit, resolve, reject });
      this.#schedule();
    });
  }

  onCommitted(listener: (records: readonly LogRecord[]) => void): void {
    this.#listeners.push(listener);
  }

  read(query: LogQuery): Promise<LogRecord[]> {
    return this.#channel.query('read', query);
  }

  findForeign(id: string): ReturnType<Store['findForeign']> {
    return this.#channel.query('findForeign', id);
  }

  readStream(stream: number): ReturnType<Store['readStream']> {
    return this.#channel.query('readStream', stream);
  }

  run(id: number): ReturnType<Store['run']> {
    return this.#channel.query('run', id);
  }

  runs(query: RunQuery): ReturnType<Store['runs']> {
    return this.#channel.query('runs', query);
  }

  claimable(query: ClaimQuery): ReturnType<Store['claimable']> {
    return this.#channel.query('claimable', query);
  }

  openRuns(): ReturnType<Store['openRuns']> {
    return this.#channel.query('openRuns', null);
  }

  nextDue(): Promise<number | null> {
    return this.#channel.query('nextDue', null);
  }

  checkpoint(consumer: string): ReturnType<Store['checkpoint']> {
    return this.#channel.query('checkpoint', consumer);
  }

  async verify({ progress, deep }: VerifyOptions): Promise<LogReport> {
    let step = await this.#channel.query('verify', { begin: true, deep });
    while (step.report === undefined) {
      progress(step.done, this.#head);
      step = await this.#channel.query('verify', { begin: false, deep });
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
    while (this.#queue.length > 0 && this.#groups < GROUPS_MAX) void this.#commit(this.#take());
  }

  #take(): Queued[] {
    let length = 0;
    let count = 0;
    for (const { unit } of this.#queue) {
      for (const { record } of unit.writes) length += record.data.length;
      if (count > 0 && (length > GROUP_LENGTH_MAX || count >= GROUP_UNITS_MAX)) break;
      count++;
    }
    if (count < this.#queue.length) return this.#queue.splice(0, count);
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  async #commit(group: Queued[]): Promise<void> {
    const batch: Flat = [];
    for (const { unit } of group) encodeUnit(unit, batch);
    this.#groups++;
    this.#underWay += group.length;
    try {
      this.#acknowledge(group, await this.#channel.commit(batch));
    } catch (error) {
      this.#break(group, error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#groups--;
      this.#underWay -= group.length;
      if (this.#queue.length > 0 && this.#error === undefined) this.#schedule();
    }
  }

  #acknowledge(group: readonly Queued[], reply: CommitReply): void {
    this.#head = reply.head;
    const records: LogRecord[] = [];
    const results = group.map(({ unit }, i) => {
      const result = decodeResult(reply.results[2 * i], reply.results[2 * i + 1] ?? 0);
      if (result.kind === 'appended') placeRecords(unit, result.first, records);
      return result;
    });
    if (records.length > 0) for (const listener of this.#listeners) listener(records);
    for (const [i, { resolve }] of group.entries()) resolve(results[i] ?? { kind: 'stale' });
  }

  #break(group: readonly Queued[], error: Error): void {
    this.#error ??= error;
    for (const { reject } of [...group, ...this.#queue.splice(0)]) reject(error);
    this.#fail(error);
  }
}

function placeRecords(unit: Unit, first: number, records: LogRecord[]): void {
  let seq = first;
  for (const write of unit.writes) {
    const stream = write.kind === 'advance' ? write.run : write.kind === 'open' ? seq : null;
    const prev = write.kind === 'advance' ? write.expectedVersion : null;
    records.push(placed(write.record, { seq, stream, prev }));
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
