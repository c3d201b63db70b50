import type {
  AppendResult,
  Checkpoint,
  ClaimQuery,
  LogIdentity,
  LogQuery,
  LogRecord,
  LogReport,
  OpenRuns,
  OpenRunsOfFlow,
  RunColumns,
  RunQuery,
  RunRow,
  RunState,
  Store,
  Unit,
  Write,
} from '../../../src/store/contract.ts';
import { SignalboxError } from '../../../src/std/errors.ts';
import { unitProblem } from '../../../src/store/unit-problem.ts';

interface Seen {
  readonly digest: string;
  readonly seq: number;
  readonly received: number;
}

/** How long an id is remembered. */
const WINDOW_MS = 30 * 86_400_000;
/** Payload characters after which a page of the log ends. */
const PAGE_LENGTH_MAX = 8_388_608;

/** What a disk would hold: it outlives the stores that were opened on it. */
interface Durable {
  readonly records: LogRecord[];
  readonly rows: Map<number, RunRow>;
  readonly seen: Map<string, Seen>;
  readonly checkpoints: Map<string, Checkpoint>;
  readonly meta: { epoch: number; cleanEpoch: number };
}

/**
 * The store's contract in its plainest form: lists and maps, one unit at a time, durable at once.
 * It passes the suites that every store passes, and is quick enough for thousands of simulated
 * lives.
 */
export class MemoryLog {
  readonly #durable: Durable = {
    records: [],
    rows: new Map(),
    seen: new Map(),
    checkpoints: new Map(),
    meta: { epoch: 0, cleanEpoch: 0 },
  };

  /** Begins a session, as opening a file for writing does. */
  open(): Store {
    const { records, meta } = this.#durable;
    meta.epoch++;
    return new MemoryStore(this.#durable, {
      names: [{ from: 1, logId: 'sbs1mm1at0' }],
      incarnation: 1,
      epoch: meta.epoch,
      afterCleanStop: meta.cleanEpoch === meta.epoch - 1,
      lastReceived: records.at(-1)?.received ?? 0,
    });
  }
}

const OPEN_STATES: ReadonlySet<RunState> = new Set(['queued', 'running', 'waiting']);

class MemoryStore implements Store {
  readonly identity: LogIdentity;
  readonly failed = new Promise<Error>(() => {});
  readonly #durable: Durable;
  readonly #listeners: ((records: readonly LogRecord[]) => void)[] = [];
  #closed = false;
  #pending = 0;

  constructor(durable: Durable, identity: LogIdentity) {
    this.#durable = durable;
    this.identity = identity;
  }

  head(): number {
    return this.#durable.records.length;
  }

  pending(): number {
    return this.#pending;
  }

  async append(unit: Unit): Promise<AppendResult> {
    if (this.#closed) throw new SignalboxError('store.closed', 'The store is closed.');
    const problem = unitProblem(unit);
    if (problem !== undefined) throw new SignalboxError('store.unit_invalid', problem);
    this.#pending++;
    // What is appended now is in the log when the calls made with it are.
    await Promise.resolve();
    this.#pending--;
    const refusal = this.#refusal(unit);
    if (refusal !== undefined) return refusal;
    const first = this.head() + 1;
    const records = unit.writes.map((write) => this.#write(write));
    const { checkpoint } = unit;
    if (checkpoint !== undefined) {
      const { consumer, to: seq, state } = checkpoint;
      this.#durable.checkpoints.set(consumer, { seq, state });
    }
    if (records.length > 0) for (const listener of this.#listeners) listener(records);
    return { kind: 'appended', first };
  }

  onCommitted(listener: (records: readonly LogRecord[]) => void): void {
    this.#listeners.push(listener);
  }

  #refusal({ writes, checkpoint }: Unit): AppendResult | undefined {
    const { checkpoints } = this.#durable;
    if (checkpoint !== undefined) {
      const at = checkpoints.get(checkpoint.consumer)?.seq ?? 0;
      if (at !== checkpoint.from) return { kind: 'stale' };
    }
    for (const write of writes) {
      const refusal = this.#writeRefusal(write);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  #writeRefusal(write: Write): AppendResult | undefined {
    if (write.kind === 'advance') {
      const row = this.#durable.rows.get(write.run);
      const holds = row?.version === write.expectedVersion && row.epoch === write.expectedEpoch;
      return holds ? undefined : { kind: 'stale' };
    }
    if (write.kind === 'open' || write.dedupe === undefined) return undefined;
    const seen = this.#durable.seen.get(write.dedupe.key);
    if (seen === undefined || seen.received <= write.record.received - WINDOW_MS) return undefined;
    const same = seen.digest === write.dedupe.digest;
    return { kind: same ? 'duplicate' : 'conflict', seq: seen.seq };
  }

  #write(write: Write): LogRecord {
    const { records, rows, seen } = this.#durable;
    const seq = records.length + 1;
    const stream = write.kind === 'advance' ? write.run : write.kind === 'open' ? seq : null;
    const prev = write.kind === 'advance' ? write.expectedVersion : null;
    const record = { ...write.record, seq, stream, prev };
    records.push(record);
    if (write.kind === 'open') rows.set(seq, { ...write.row, id: seq, version: seq });
    const row = write.kind === 'advance' ? rows.get(write.run) : undefined;
    if (write.kind === 'advance' && row !== undefined) {
      rows.set(write.run, { ...row, ...columnsOf(write.row), version: seq });
    }
    if (write.kind === 'event' && write.dedupe !== undefined) {
      const { key, digest } = write.dedupe;
      seen.set(key, { digest, seq, received: record.received });
    }
    return record;
  }

  async read(query: LogQuery): Promise<LogRecord[]> {
    const { after, until = Number.POSITIVE_INFINITY, causation } = query;
    const found = this.#durable.records.slice(after).filter((record) => {
      return (
        record.seq <= until &&
        isOfType(record.type, query.type) &&
        (causation === undefined || (record.causation === causation && record.stream === null))
      );
    });
    const page = (query.newestFirst ? found.toReversed() : found).slice(0, query.limit);
    return page.slice(0, fittingCount(page));
  }

  async findForeign(id: string): Promise<LogRecord | undefined> {
    return this.#durable.records.findLast((record) => record.id === id);
  }

  async readStream(stream: number): Promise<LogRecord[]> {
    return this.#durable.records.filter((record) => record.stream === stream);
  }

  async run(id: number): Promise<RunRow | undefined> {
    return this.#durable.rows.get(id);
  }

  async runs(query: RunQuery): Promise<RunRow[]> {
    const { before = Number.POSITIVE_INFINITY, state, flow, event } = query;
    const found = [...this.#durable.rows.values()].filter((row) => {
      return (
        row.id < before &&
        (state === undefined || row.state === state) &&
        (flow === undefined || row.flow === flow) &&
        (event === undefined || row.event === event)
      );
    });
    return found.toSorted((a, b) => b.id - a.id).slice(0, query.limit);
  }

  async claimable({ now, limit, orphans, after }: ClaimQuery): Promise<RunRow[]> {
    const open = this.#open();
    const left = open.filter(({ state, due, epoch }) => {
      return state === 'running' && due === null && epoch !== this.identity.epoch;
    });
    const place = after ?? { due: 0, id: 0 };
    const due = open
      .flatMap((row) => (row.due === null || row.due > now ? [] : [{ row, due: row.due }]))
      .filter(({ row, due: at }) => at > place.due || (at === place.due && row.id > place.id))
      .toSorted((a, b) => a.due - b.due || a.row.id - b.row.id)
      .map(({ row }) => row);
    return [...(orphans ? left : []), ...due].slice(0, limit);
  }

  async openRuns(): Promise<OpenRuns> {
    const counts = { queued: 0, running: 0, waiting: 0 };
    for (const { state } of this.#open()) {
      if (state === 'queued' || state === 'running' || state === 'waiting') counts[state]++;
    }
    return counts;
  }

  async openRunsByFlow(): Promise<OpenRunsOfFlow[]> {
    const counts = new Map<string, OpenRunsOfFlow>();
    for (const { flow, catalog } of this.#open()) {
      const key = JSON.stringify([flow, catalog]);
      counts.set(key, { flow, catalog, runs: (counts.get(key)?.runs ?? 0) + 1 });
    }
    return [...counts.values()];
  }

  async nextDue(): Promise<number | null> {
    const dues = this.#open().flatMap(({ due }) => (due === null ? [] : [due]));
    return dues.length === 0 ? null : Math.min(...dues);
  }

  #open(): RunRow[] {
    const rows = [...this.#durable.rows.values()].filter(({ state }) => OPEN_STATES.has(state));
    return rows.toSorted((a, b) => a.id - b.id);
  }

  async checkpoint(consumer: string): Promise<Checkpoint> {
    return this.#durable.checkpoints.get(consumer) ?? { seq: 0, state: '{}' };
  }

  async verify(): Promise<LogReport> {
    const bad = this.#durable.records.findIndex(({ seq }, i) => seq !== i + 1);
    const firstBad = bad === -1 ? null : { seq: bad + 1, reason: 'the record is missing' };
    return { events: this.head(), firstBad };
  }

  async close({ clean }: { readonly clean: boolean } = { clean: false }): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (clean) this.#durable.meta.cleanEpoch = this.identity.epoch;
  }
}

/** What a transition changes, and nothing that its caller holds beside. */
function columnsOf({
  state,
  at,
  attempt,
  due,
  epoch,
  crashes,
  ended,
  reason,
}: RunColumns): RunColumns {
  return { state, at, attempt, due, epoch, crashes, ended, reason };
}

/** How many of the records fit on a page: at least one. */
function fittingCount(records: readonly LogRecord[]): number {
  let length = 0;
  const last = records.findIndex(({ data }) => (length += data.length) > PAGE_LENGTH_MAX);
  return last === -1 ? records.length : last + 1;
}

function isOfType(type: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}
