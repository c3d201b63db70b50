import { decodeJournal, type JournalType } from '../runs/journal.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { movedRecords } from '../runs/moved-records.ts';
import { type LogReader, recordAt } from './log-reader.ts';
import { keyOf } from './run-key.ts';
import { restoreDoubts } from './restore-doubts.ts';
import { pinnedFlow } from './run-page.ts';
import { type UncertainEffect, uncertainEffects } from './uncertain.ts';

/** Which uncertain effects to list, the runs that left one last first. */
export interface EffectsQuery {
  readonly limit: number;
  /** Only what was recorded from then on, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only what was recorded with a lower seq. */
  readonly before?: number | undefined;
}

export interface EffectsPage {
  readonly items: readonly UncertainEffect[];
  /** The `before` of the next page; null where this is the last. */
  readonly next: number | null;
}

/** Positions of the log that are looked through at once, and for one page. */
const WINDOW = 1_000;
const SCANNED_MAX = 200_000;
/** Runs that are remembered while a page is read. */
const KNOWN_MAX = 1_000;
const RESTORED = 'log.restored';
/** The types of records that may leave a doubt. */
const TYPES = [
  'step.started',
  'step.retrying',
  'step.unknown',
  'step.failed',
  'run.failed',
  'run.succeeded',
  'run.cancelled',
  'branch.failed',
  'branch.succeeded',
  'branch.cancelled',
  RESTORED,
];

/**
 * The steps that may have happened twice, or of which nobody knows whether they happened. Reads the
 * log window by window and one run at a time, so that it needs no more memory for a long log.
 */
export async function readUncertainEffects(
  reader: LogReader,
  { limit, since = 0, before = reader.store.head() + 1 }: EffectsQuery,
): Promise<EffectsPage> {
  const items: UncertainEffect[] = [];
  const tellers = new Tellers(reader);
  const last = Math.max(1, before - SCANNED_MAX);
  for (let until = before - 1; until >= last; until -= WINDOW) {
    const after = Math.max(last, until - WINDOW + 1) - 1;
    const records = await suspectsIn(reader.store, after, until);
    for (const record of records) {
      if (record.received < since) return { items, next: null };
      items.push(...(await tellers.effectsAt(record)));
      if (items.length >= limit) return { items, next: record.seq };
    }
    if (await isOlder(reader.store, after, since)) return { items, next: null };
  }
  return { items, next: last > 1 ? last : null };
}

/** Records that leave a doubt whatever they say. */
const SUSPECT: ReadonlySet<JournalType> = new Set<JournalType>([
  'step.started',
  'step.unknown',
  'run.cancelled',
]);

/** What one window holds of these types, newest first. */
async function suspectsIn(store: Store, after: number, until: number): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (const type of TYPES) {
    for (let at = after; ;) {
      const page = await store.read({ type, after: at, until, limit: WINDOW });
      found.push(...page.filter(isSuspect));
      const end = page.at(-1);
      if (end === undefined) break;
      at = end.seq;
    }
  }
  return found.toSorted((a, b) => b.seq - a.seq);
}

/** Whether the record alone leaves a doubt about a step, or may be the second of two attempts. */
function isSuspect(record: LogRecord): boolean {
  if (record.type === RESTORED) return true;
  const entry = record.stream === null ? undefined : decodeJournal(record);
  if (entry === undefined) return false;
  if (SUSPECT.has(entry.type)) return true;
  return 'error' in entry && entry.error?.happened === 'maybe';
}

/** Where each run's doubts are told, so that a run with many of them is read once. */
class Tellers {
  readonly #reader: LogReader;
  readonly #known = new Map<number, number>();

  constructor(reader: LogReader) {
    this.#reader = reader;
  }

  /** The effects of a run, told at the last of its records that leaves a doubt, and only there. */
  async effectsAt(record: LogRecord): Promise<UncertainEffect[]> {
    const { store } = this.#reader;
    if (record.type === RESTORED) return restoreDoubts(this.#reader, record);
    const run = record.stream ?? record.seq;
    const known = this.#known.get(run);
    if (known !== undefined && known !== record.seq) return [];
    const first = isFirstAttempt(record) ? await recordAt(store, run) : undefined;
    if (first !== undefined && !leavesDoubt(record, first)) return [];
    const [row, records] = await Promise.all([
      store.run(run),
      store.readStream(run).then(movedRecords),
    ]);
    const [born] = records;
    if (row === undefined || born === undefined) return [];
    const last = records.findLast((each) => isSuspect(each) && leavesDoubt(each, born));
    this.#remember(run, last?.seq ?? 0);
    if (last?.seq !== record.seq) return [];
    const flow = await pinnedFlow(this.#reader, row);
    const key = await keyOf(store, row);
    return uncertainEffects(row, { records, flow, key }, store.identity);
  }

  #remember(run: number, seq: number): void {
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(run, seq);
  }
}

/** Within the session that began the run, a first attempt has nothing before it. */
function leavesDoubt(record: LogRecord, born: LogRecord): boolean {
  return !isFirstAttempt(record) || epochOf(record) !== epochOf(born);
}

function isFirstAttempt(record: LogRecord): boolean {
  const entry = decodeJournal(record);
  return entry?.type === 'step.started' && entry.attempt <= 1 && entry.crashes === 0;
}

function epochOf(record: LogRecord): number | undefined {
  const entry = decodeJournal(record);
  return entry !== undefined && 'epoch' in entry ? entry.epoch : undefined;
}

async function isOlder(store: Store, seq: number, since: number): Promise<boolean> {
  const record = since === 0 || seq < 1 ? undefined : await recordAt(store, seq);
  return record !== undefined && record.received < since;
}
