import { isDeepStrictEqual } from 'node:util';
import {
  type LogRecord,
  type OpenState,
  type RunRow,
  type Store,
  OPEN_STATES,
} from '../../../src/store/contract.ts';
import type { ClaimQuery } from '../../../src/store/queries.ts';
import { draftOf, FoldedLog, type Place } from './folded-log.ts';
import type { Ledger } from './ledger.ts';
import { eventOf, SOURCES } from './workload.ts';
import { countOpen } from '../../../src/views/queue-view.ts';

const PAGE = 1_000;
/** Ids whose repetition is tried; trying all would only repeat the same question. */
const IDS_TRIED_MAX = 10;
const NOWHERE: Place = { unit: -1, part: 0, of: 1 };

export type Inspection =
  | { readonly kind: 'sound'; readonly log: FoldedLog }
  | { readonly kind: 'broken'; readonly reason: string };

/** Compares a store with what its client was told, with its own log, and with its chain. */
export async function inspectStore(store: Store, ledger: Ledger): Promise<Inspection> {
  const records = await readAll(store);
  const log = new FoldedLog(records);
  const reason =
    orderProblem(records, store) ??
    acknowledgementProblem(log, ledger) ??
    unitProblem(records, log, ledger) ??
    (await rowProblem(store, log)) ??
    (await duplicateProblem(store, log)) ??
    (await chainProblem(store, log));
  return reason === undefined ? { kind: 'sound', log } : { kind: 'broken', reason };
}

export async function readAll(store: Store): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (let page = await store.read({ after: 0, limit: PAGE }); page.length > 0;) {
    records.push(...page);
    page = await store.read({ after: page.at(-1)?.seq ?? 0, limit: PAGE });
  }
  return records;
}

function orderProblem(records: readonly LogRecord[], store: Store): string | undefined {
  if (records.length !== store.head())
    return `${records.length} records under head ${store.head()}`;
  const at = records.findIndex(({ seq }, i) => seq !== i + 1);
  return at < 0 ? undefined : `record ${at + 1} is missing`;
}

function acknowledgementProblem(log: FoldedLog, ledger: Ledger): string | undefined {
  for (const [unit, first] of ledger.acknowledged) {
    const found = log.units.get(unit);
    if (found !== first) return `LOST unit ${unit}, acknowledged at ${first}, found at ${found}`;
  }
  return undefined;
}

/** Each unit in the log is there whole, as it was handed in, and was not refused. */
function unitProblem(
  records: readonly LogRecord[],
  log: FoldedLog,
  ledger: Ledger,
): string | undefined {
  for (const [i, { seq, stream, prev, ...record }] of records.entries()) {
    const { unit, part, of } = log.places[i] ?? NOWHERE;
    if (ledger.isRefused(unit)) return `unit ${unit} was refused and is in the log at ${seq}`;
    const write = ledger.unit(unit)?.writes[part];
    if (!isDeepStrictEqual(record, write?.record)) return `record ${seq} is not what was handed in`;
    const place = write?.kind === 'advance' ? [write.run, write.expectedVersion] : [null, null];
    const expected = write?.kind === 'open' ? [seq, null] : place;
    if (!isDeepStrictEqual([stream, prev], expected)) return `record ${seq} is in another stream`;
    if (log.places[i - part + of - 1]?.unit !== unit) return `unit ${unit} is torn at ${seq}`;
  }
  return undefined;
}

async function rowProblem(store: Store, log: FoldedLog): Promise<string | undefined> {
  if (!(await rowsEqualRefold(store, log))) return 'the runs are not what the log says';
  const open = await openProblem(store, log);
  if (open !== undefined) return open;
  const windows = await store.windows({ limit: PAGE });
  if (!isDeepStrictEqual(windows, windowsOf(log))) return 'the windows are not what the log says';
  for (const source of SOURCES) {
    const query = { source, limit: PAGE };
    if (!isDeepStrictEqual(await store.cursors(query), log.cursors.read(query)))
      return `what ${source} remembers is not what the log says`;
  }
  for (const consumer of ['router', 'view']) {
    const expected = log.checkpoints.get(consumer) ?? { seq: 0, state: '{}' };
    const found = await store.checkpoint(consumer);
    if (!isDeepStrictEqual(found, expected))
      return `the checkpoint of ${consumer} is at ${found.seq}`;
  }
  return undefined;
}

/** What the store says of the open runs, which its two indexes hold between them. */
async function openProblem(store: Store, log: FoldedLog): Promise<string | undefined> {
  const open = [...log.runs.values()].filter(({ state }) => isOpen(state));
  const expected = Object.fromEntries(
    OPEN_STATES.map((state) => [state, open.filter((run) => run.state === state).length]),
  );
  if (!isDeepStrictEqual(countOpen(await store.lanes()), expected))
    return 'the open runs are miscounted';
  const lanes = await store.lanes();
  if (lanes.length !== new Set(open.map(({ lane }) => lane)).size) return 'a lane is missing';
  for (const { lane, due } of lanes) {
    for (const state of ['queued', 'waiting'] as const) {
      const query = { lane, state, now: Number.MAX_SAFE_INTEGER, limit: PAGE };
      const expectedDue = dueOf(log, query);
      if (due[state] !== (expectedDue[0]?.due ?? null)) return 'the next due time is wrong';
      if (!isDeepStrictEqual(await store.claimable(query), expectedDue)) {
        return 'the due runs are not what the log says';
      }
    }
  }
  return undefined;
}

/** Whether the rows are those that the log folds to: what `rebuild --check` asks. */
export async function rowsEqualRefold(store: Store, log: FoldedLog): Promise<boolean> {
  const runs = await store.runs({ limit: PAGE, branches: true });
  const letters = await store.letters({ limit: PAGE });
  return (
    isDeepStrictEqual(runs, newestFirst(log.runs)) &&
    isDeepStrictEqual(letters, newestFirst(log.letters))
  );
}

function newestFirst<Row extends { readonly id: number }>(rows: ReadonlyMap<number, Row>): Row[] {
  return [...rows.values()].toSorted((a, b) => b.id - a.id);
}

function dueOf(log: FoldedLog, { lane, state }: Pick<ClaimQuery, 'lane' | 'state'>): RunRow[] {
  return [...log.runs.values()]
    .filter((run) => run.lane === lane && run.state === state && run.due !== null)
    .toSorted((a, b) => Number(a.due) - Number(b.due) || a.id - b.id);
}

function windowsOf(log: FoldedLog): unknown[] {
  return [...log.windows.values()].toSorted((a, b) => {
    return compare(a.flow, b.flow) || compare(a.key, b.key);
  });
}

function isOpen(state: string): state is OpenState {
  return OPEN_STATES.some((open) => open === state);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What the log holds is recognised when it comes again; trying writes nothing. */
async function duplicateProblem(store: Store, log: FoldedLog): Promise<string | undefined> {
  const foreign = [...log.foreign.values()];
  const every = Math.max(1, Math.floor(foreign.length / IDS_TRIED_MAX));
  for (const record of foreign.filter((_, i) => i % every === 0)) {
    const draft = draftOf(record);
    const same = await store.append({ writes: [eventOf(draft)] });
    const other = await store.append({ writes: [eventOf({ ...draft, data: `${draft.data} ` })] });
    const { seq } = record;
    const expected = [
      { kind: 'duplicate', seq },
      { kind: 'conflict', seq },
    ];
    if (!isDeepStrictEqual([same, other], expected)) {
      return `the id of ${seq} was answered ${same.kind}, and ${other.kind} with other content`;
    }
  }
  return undefined;
}

async function chainProblem(store: Store, log: FoldedLog): Promise<string | undefined> {
  const { events, firstBad } = await store.verify({ deep: true, progress: () => undefined });
  if (firstBad !== null) return `CORRUPT at ${firstBad.seq}: ${firstBad.reason}`;
  return events === log.head ? undefined : `verify saw ${events} of ${log.head} events`;
}
