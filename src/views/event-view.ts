import type { Event } from '../events/event.ts';
import { decodeJournal } from '../runs/journal.ts';
import { isObject } from '../std/json.ts';
import type { LogIdentity, LogRecord, RunRow } from '../store/contract.ts';
import { idOf, toEvent } from '../store/record.ts';
import { type DeadLetter, type Disposition, dispositions, matchingFlows } from './disposition.ts';
import { type LogReader, ROUTER } from './log-reader.ts';

/** An event with what became of it. */
export interface EventView extends Event {
  /** One entry for each flow whose pattern the event matches; empty where no flow wants it. */
  readonly disposition: readonly Disposition[];
}

/** An event with its way through the engine, stage by stage. */
export interface EventDetail extends EventView {
  readonly way: readonly Stage[];
}

export interface Stage {
  /** `received`, `routed`, or the type of a record of a run. */
  readonly stage: string;
  /** ISO 8601; null where the log does not keep it. */
  readonly time: string | null;
  readonly flow?: string;
  readonly run?: string;
  readonly step?: string;
}

/** How many dead letters of one event are looked at. */
const DEAD_LETTERS_MAX = 1_000;

/** The events of these records with what became of each, as of now. */
export async function viewEvents(
  reader: LogReader,
  records: readonly LogRecord[],
): Promise<EventView[]> {
  const { seq: routed } = await reader.store.checkpoint(ROUTER);
  const views: EventView[] = [];
  for (const record of records) views.push((await viewOne(reader, record, routed)).view);
  return views;
}

/** One event with what became of it and the way it took. */
export async function viewEventDetail(reader: LogReader, record: LogRecord): Promise<EventDetail> {
  const { seq: routed } = await reader.store.checkpoint(ROUTER);
  const { view, runs } = await viewOne(reader, record, routed);
  const way: Stage[] = [{ stage: 'received', time: view.received }];
  if (record.seq <= routed) way.push({ stage: 'routed', time: routedAt(runs) });
  for (const row of runs) {
    const records = await reader.store.readStream(row.id);
    way.push(...records.map((each) => stageOf(each, row, reader.store.identity)));
  }
  return { ...view, way };
}

async function viewOne(
  reader: LogReader,
  record: LogRecord,
  routed: number,
): Promise<{ readonly view: EventView; readonly runs: readonly RunRow[] }> {
  const { store } = reader;
  const event = toEvent(record, store.identity);
  const catalog = await reader.catalogAt(record.seq);
  const flows = catalog === undefined ? [] : matchingFlows(catalog, record);
  if (flows.length === 0) return { view: { ...event, disposition: [] }, runs: [] };
  const [runs, deadLetters] = await Promise.all([
    store.runs({ event: record.seq, limit: flows.length }),
    readDeadLetters(reader, record),
  ]);
  const fate = { routed, runs, deadLetters };
  const disposition = dispositions({ record, flows, fate }, store.identity);
  return { view: { ...event, disposition }, runs: runs.toReversed() };
}

async function readDeadLetters({ store }: LogReader, record: LogRecord): Promise<DeadLetter[]> {
  const letters = await store.read({
    after: record.seq,
    limit: DEAD_LETTERS_MAX,
    type: 'event.dead_lettered',
    causation: record.seq,
  });
  return letters.filter(({ source }) => source === null).map(({ data }) => deadLetterOf(data));
}

function deadLetterOf(data: string): DeadLetter {
  const content: unknown = JSON.parse(data);
  const flow = isObject(content) ? content['flow'] : undefined;
  const error = isObject(content) ? content['error'] : undefined;
  const message = isObject(error) ? error['message'] : error;
  return {
    flow: typeof flow === 'string' ? flow : null,
    reason: typeof message === 'string' ? message : 'Its matching failed.',
  };
}

/** Routing itself leaves no record: what it started was committed together with it. */
function routedAt(runs: readonly RunRow[]): string | null {
  const [first] = runs;
  return first === undefined ? null : new Date(first.started).toISOString();
}

function stageOf(record: LogRecord, row: RunRow, identity: LogIdentity): Stage {
  const entry = decodeJournal(record);
  return {
    stage: record.type,
    time: new Date(record.received).toISOString(),
    flow: row.flow,
    run: idOf(identity, row.id),
    ...(entry !== undefined && 'step' in entry ? { step: entry.step } : {}),
  };
}
