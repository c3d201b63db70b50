import {
  type AppendResult,
  type Checkpoint,
  type CursorRow,
  type LaneRow,
  type LetterRow,
  type LogIdentity,
  type LogRecord,
  type OpenRunsOfFlow,
  type RunRow,
  type Store,
  type Unit,
  type WindowRow,
  type Write,
} from '../../../src/store/contract.ts';
import type { EntityRow } from '../../../src/store/entity.ts';
import type { LogReport } from '../../../src/store/verification.ts';
import { fittingCount, isOfType } from './memory-pages.ts';
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
} from '../../../src/store/queries.ts';
import { SignalboxError } from '../../../src/std/errors.ts';
import { unitProblem } from '../../../src/store/unit-problem.ts';
import { isUndoing } from '../../../src/runs/position.ts';
import { prevOf, streamOf } from '../../../src/store/write-place.ts';
import {
  columnsOf,
  compareWindows,
  counted,
  earliest,
  isOpen,
  type OpenRow,
} from './memory-rows.ts';
import { ModelEntities } from './model-entities.ts';
import { ModelCursors } from '../../store/conformance/model-cursors.ts';

interface Seen {
  readonly digest: string;
  readonly seq: number;
  readonly received: number;
}

/** How long an id is remembered. */
const WINDOW_MS = 30 * 86_400_000;

/** What a disk would hold: it outlives the stores that were opened on it. */
interface Durable {
  readonly records: LogRecord[];
  readonly rows: Map<number, RunRow>;
  readonly seen: Map<string, Seen>;
  readonly checkpoints: Map<string, Checkpoint>;
  readonly letters: Map<number, LetterRow>;
  readonly entities: ModelEntities;
  readonly windows: Map<string, WindowRow>;
  readonly cursors: ModelCursors;
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
    letters: new Map(),
    entities: new ModelEntities(),
    windows: new Map(),
    cursors: new ModelCursors(),
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

class MemoryStore implements Store {
  readonly care = undefined;
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
    this.#move(unit);
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
    if (write.kind === 'entity') {
      return this.#durable.entities.fits(write) ? undefined : { kind: 'stale' };
    }
    if (write.kind === 'open') return undefined;
    const { dedupe, closes } = write;
    const seen = dedupe && this.#durable.seen.get(dedupe.key);
    if (seen !== undefined && seen.received > write.record.received - WINDOW_MS) {
      return { kind: seen.digest === dedupe?.digest ? 'duplicate' : 'conflict', seq: seen.seq };
    }
    const isClosed = closes && this.#durable.letters.get(closes.letter)?.state !== 'open';
    return isClosed ? { kind: 'stale' } : undefined;
  }

  #move({ checkpoint, windows = [], cursors = [] }: Unit): void {
    if (checkpoint !== undefined) {
      const { consumer, to: seq, state } = checkpoint;
      this.#durable.checkpoints.set(consumer, { seq, state });
    }
    for (const { flow, key, columns } of windows) {
      const name = JSON.stringify([flow, key]);
      if (columns === null) this.#durable.windows.delete(name);
      else this.#durable.windows.set(name, { flow, key, ...columns });
    }
    for (const cursor of cursors) this.#durable.cursors.write(cursor);
  }

  #write(write: Write): LogRecord {
    const { records, rows, seen } = this.#durable;
    const seq = records.length + 1;
    const stream = streamOf(write, seq);
    const prev = prevOf(write);
    const record = { ...write.record, seq, stream, prev };
    records.push(record);
    if (write.kind === 'open') rows.set(seq, { ...write.row, id: seq, version: seq });
    const row = write.kind === 'advance' ? rows.get(write.run) : undefined;
    if (write.kind === 'advance' && row !== undefined) {
      const { catalog = row.catalog } = write;
      rows.set(write.run, { ...row, ...columnsOf(write.row), catalog, version: seq });
    }
    if (write.kind === 'event' && write.dedupe !== undefined) {
      const { key, digest } = write.dedupe;
      seen.set(key, { digest, seq, received: record.received });
    }
    if (write.kind === 'entity') this.#durable.entities.write(write, seq);
    this.#writeLetters(write, record);
    return record;
  }

  #writeLetters(write: Write, { seq, received: at }: LogRecord): void {
    const { letters } = this.#durable;
    if (write.kind === 'open' || write.kind === 'entity') return;
    if (write.letter !== undefined) {
      letters.set(seq, { ...write.letter, id: seq, at, state: 'open', closed: null });
    }
    if (write.kind === 'advance' || write.closes === undefined) return;
    const letter = letters.get(write.closes.letter);
    if (letter !== undefined) {
      letters.set(letter.id, { ...letter, state: write.closes.state, closed: seq });
    }
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

  async readAt(seqs: readonly number[]): Promise<LogRecord[]> {
    const sorted = [...new Set(seqs)].toSorted((a, b) => a - b);
    return sorted.flatMap((seq) => this.#durable.records[seq - 1] ?? []);
  }

  async run(id: number): Promise<RunRow | undefined> {
    return this.#durable.rows.get(id);
  }

  async runs(query: RunQuery): Promise<RunRow[]> {
    const { before = Number.POSITIVE_INFINITY, state, flow, event, correlation, undoing } = query;
    const found = [...this.#durable.rows.values()].filter((row) => {
      return (
        row.id < before &&
        (state === undefined || row.state === state) &&
        (flow === undefined || isNamed(row.flow, flow)) &&
        (undoing === undefined || isUndoing(row.at) === undoing) &&
        (undoing !== true || row.state === 'running' || row.state === 'waiting') &&
        (correlation === undefined || row.correlation === correlation) &&
        (event === undefined || row.event === event) &&
        (query.branches === true || row.branch === null)
      );
    });
    return found.toSorted((a, b) => b.id - a.id).slice(0, query.limit);
  }

  async branches({ parent, fork, after = 0, limit }: BranchQuery): Promise<RunRow[]> {
    const found = [...this.#durable.rows.values()].filter((row) => {
      return row.parent === parent && row.id > after && (fork === undefined || row.fork === fork);
    });
    return found.toSorted((a, b) => a.id - b.id).slice(0, limit);
  }

  async claimable({ lane, state, now, limit, after }: ClaimQuery): Promise<RunRow[]> {
    const place = after ?? { due: 0, id: 0 };
    return this.#open()
      .filter((row) => row.lane === lane && row.state === state)
      .flatMap((row) => (row.due === null || row.due > now ? [] : [{ row, due: row.due }]))
      .filter(({ row, due }) => due > place.due || (due === place.due && row.id > place.id))
      .toSorted((a, b) => a.due - b.due || a.row.id - b.row.id)
      .map(({ row }) => row)
      .slice(0, limit);
  }

  async runsInLanes({ lanes, after = 0, limit }: LanesQuery): Promise<RunRow[]> {
    return this.#open()
      .filter(({ lane, id }) => lanes.includes(lane) && id > after)
      .slice(0, limit);
  }

  async orphans({ limit, after = 0 }: PageQuery): Promise<RunRow[]> {
    const { epoch: own } = this.identity;
    return this.#open()
      .filter(({ id, state, epoch }) => state === 'running' && epoch !== own && id > after)
      .slice(0, limit);
  }

  async lanes(): Promise<LaneRow[]> {
    const byLane = new Map<string, OpenRow[]>();
    for (const row of this.#open()) {
      const rows = byLane.get(row.lane) ?? [];
      rows.push(row);
      byLane.set(row.lane, rows);
    }
    return [...byLane].map(([lane, rows]) => ({
      lane,
      open: counted(rows),
      due: { queued: earliest(rows, 'queued'), waiting: earliest(rows, 'waiting') },
    }));
  }

  async openRunsByFlow(): Promise<OpenRunsOfFlow[]> {
    const counts = new Map<string, OpenRunsOfFlow>();
    for (const { flow, catalog } of this.#open()) {
      const key = JSON.stringify([flow, catalog]);
      counts.set(key, { flow, catalog, runs: (counts.get(key)?.runs ?? 0) + 1 });
    }
    return [...counts.values()];
  }

  #open(): OpenRow[] {
    return [...this.#durable.rows.values()].filter(isOpen).toSorted((a, b) => a.id - b.id);
  }

  async letter(id: number): Promise<LetterRow | undefined> {
    return this.#durable.letters.get(id);
  }

  async letters(query: LetterQuery): Promise<LetterRow[]> {
    const { before = Number.POSITIVE_INFINITY, state, kind, flow } = query;
    const found = [...this.#durable.letters.values()].filter((letter) => {
      return (
        letter.id < before &&
        (state === undefined || letter.state === state) &&
        (kind === undefined || letter.kind === kind) &&
        (flow === undefined || letter.flow === flow)
      );
    });
    return found.toSorted((a, b) => b.id - a.id).slice(0, query.limit);
  }

  async entity(id: number): Promise<EntityRow | undefined> {
    return this.#durable.entities.get(id);
  }

  async entities(query: EntityQuery): Promise<EntityRow[]> {
    return this.#durable.entities.list(query);
  }

  async dueEntities(query: DueQuery): Promise<EntityRow[]> {
    return this.#durable.entities.due(query);
  }

  async windows({ limit, after }: WindowQuery): Promise<WindowRow[]> {
    return [...this.#durable.windows.values()]
      .filter((window) => after === undefined || compareWindows(window, after) > 0)
      .toSorted(compareWindows)
      .slice(0, limit);
  }

  async cursors(query: CursorQuery): Promise<CursorRow[]> {
    return this.#durable.cursors.read(query);
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

/** Whether a flow is the one that is asked for, or one of those that begin so. */
function isNamed(flow: string, asked: string): boolean {
  return asked.endsWith('*') ? flow.startsWith(asked.slice(0, -1)) : flow === asked;
}
