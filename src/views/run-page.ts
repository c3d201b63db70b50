import { parseId } from '../events/ids.ts';
import { ruleFlow } from '../flows/choreography.ts';
import type { Flow } from '../flows/flow.ts';
import { decodeJournal } from '../runs/journal.ts';
import { movedRecords } from '../runs/moved-records.ts';
import type { LogRecord, RunRow } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import { refuseStrangeFlow } from './known-flow.ts';
import { catalogOfRecord, type LogReader, readableCatalog, recordAt, seqOf } from './log-reader.ts';
import { readOpened } from './opened-runs.ts';
import { keyOf } from './run-key.ts';
import { type RunFacts, type RunView, viewRun } from './run-view.ts';
import { ofState, type ShownState } from './shown-state.ts';

/** Which runs to list, newest first. */
export interface RunPageQuery {
  readonly limit: number;
  readonly state?: ShownState | undefined;
  /** A flow, or a choreography: the runs of its rules. */
  readonly flow?: string | undefined;
  /** Only runs of this chain of causes: of an instance of a choreography, all of them. */
  readonly correlation?: string | undefined;
  /** Only older runs than this one, by its id. */
  readonly before?: string | undefined;
}

export interface RunPage {
  readonly items: readonly RunView[];
  /** The `before` of the next page; null where this is the last. */
  readonly next: string | null;
}

/** How much a run that another one opened counts as, in characters. */
const ROW_LENGTH = 256;
/** How many characters of records a page reads before it ends early. */
const PAGE_LENGTH_MAX = 4_194_304;

/**
 * One page of runs, shorter than `limit` where they are large; none before an unknown run.
 *
 * @throws SignalboxError `flow.unknown` where there is no such flow, and never was a run of one.
 */
export async function readRuns(reader: LogReader, query: RunPageQuery): Promise<RunPage> {
  const { store } = reader;
  const { limit, state } = query;
  const correlation = rootNamed(reader, query.correlation);
  const flow = await flowsNamed(reader, query.flow);
  const before =
    query.before === undefined ? undefined : (seqOf(store.identity, query.before) ?? 0);
  const wanted = { ...ofState(state), flow, correlation, before };
  const rows = await store.runs({ limit: limit + 1, ...wanted });
  if (flow !== undefined && rows.length === 0) await refuseStrangeFlow(reader, flow);
  const items: RunView[] = [];
  let length = 0;
  for (const row of rows.slice(0, limit)) {
    const read = await readRun(reader, row);
    items.push(read.view);
    length += read.length;
    if (length > PAGE_LENGTH_MAX) break;
  }
  const last = items.length < rows.length ? items.at(-1) : undefined;
  return { items, next: last?.id ?? null };
}

/** The id of a chain's root, for which a person may type its bare number. */
function rootNamed({ store }: LogReader, root: string | undefined): string | undefined {
  const id = root === undefined ? undefined : parseId(root);
  return id === undefined || id.logId !== undefined ? root : idOf(store.identity, id.seq);
}

/** The flows of a choreography's rules, as a query names them; else the flow itself. */
async function flowsNamed(
  reader: LogReader,
  flow: string | undefined,
): Promise<string | undefined> {
  if (flow === undefined) return undefined;
  const catalog = await readableCatalog(reader, Number.POSITIVE_INFINITY);
  return catalog?.choreographies?.has(flow) === true ? ruleFlow(flow, '*') : flow;
}

/** The run with this id; undefined where there is none. */
export async function findRun(reader: LogReader, id: string): Promise<RunView | undefined> {
  const { store } = reader;
  const seq = seqOf(store.identity, id);
  const row = seq === undefined ? undefined : await store.run(seq);
  return row === undefined ? undefined : (await readRun(reader, row)).view;
}

/** What a run's view is made of, and the event that started it. */
export async function readRunFacts(
  reader: LogReader,
  row: RunRow,
): Promise<RunFacts & { readonly cause: LogRecord | undefined }> {
  const { store } = reader;
  const [records, cause, flow] = await Promise.all([
    store.readStream(row.id).then(movedRecords),
    recordAt(store, row.event),
    pinnedFlow(reader, row),
  ]);
  const [key, children] = await Promise.all([keyOf(store, row), readOpened(store, row, flow)]);
  const event = cause?.id ?? idOf(store.identity, row.event);
  return { row, records, flow, cause, event, key, children };
}

/** The flow of the catalog that the run is pinned to; undefined where that is lost. */
export async function pinnedFlow(reader: LogReader, row: RunRow): Promise<Flow | undefined> {
  const cause = await recordAt(reader.store, row.event);
  const catalog = cause && (await catalogOfRecord(reader, cause));
  if (catalog?.hash === row.catalog) return catalog.flows.get(row.flow);
  // One that was moved goes by another catalog than its event was matched under.
  const first = cause && (await recordAt(reader.store, row.id));
  const began = first && decodeJournal(first);
  if (began?.type !== 'run.started' || began.catalog === row.catalog) return undefined;
  return (await readableCatalog(reader, row.catalog))?.flows.get(row.flow);
}

async function readRun(
  reader: LogReader,
  row: RunRow,
): Promise<{ readonly view: RunView; readonly length: number }> {
  const facts = await readRunFacts(reader, row);
  const view = viewRun(facts, reader.store.identity);
  const length = facts.records.reduce((sum, { data }) => sum + data.length, 0);
  return { view, length: length + ROW_LENGTH * (facts.children ?? []).length };
}
