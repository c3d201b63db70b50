import type { Event } from '../events/event.ts';
import { decodeJournal } from '../runs/journal.ts';
import type { LogIdentity, LogRecord, RunRow } from '../store/contract.ts';
import { idOf, toEvent } from '../store/record.ts';
import { type Disposition, dispositions, matchesOf } from './disposition.ts';
import { type LogReader, readableCatalog, routedTo } from './log-reader.ts';
import { readRefusedStarts } from './refused-starts.ts';

/** An event with what became of it. */
export interface EventView extends Event {
  /** One entry for each flow whose pattern the event matches; empty where no flow wants it. */
  readonly disposition: readonly Disposition[];
}

/** An event with its way through the engine, stage by stage. */
export interface EventDetail extends EventView {
  readonly way: readonly Stage[];
}

/** A stage of an event's way: `received`, `routed`, then the records of the runs it started. */
export interface Stage {
  readonly stage: string;
  /** ISO 8601; null where the log does not keep it. */
  readonly time: string | null;
  readonly flow?: string;
  readonly run?: string;
  readonly step?: string;
}

/** How many runs of one event are shown where its catalog does not say how many there may be. */
const RUNS_MAX = 1_000;

/** An event of the log with what became of it, as of now. */
export async function viewEvent(reader: LogReader, record: LogRecord): Promise<EventView> {
  return (await viewWithRuns(reader, record)).event;
}

/** An event of the log with what became of it, as of now, and the way that it took. */
export async function viewEventDetail(reader: LogReader, record: LogRecord): Promise<EventDetail> {
  const { store } = reader;
  const { event, runs, routed } = await viewWithRuns(reader, record);
  const way: Stage[] = [{ stage: 'received', time: event.received }];
  if (record.seq <= routed) way.push({ stage: 'routed', time: routedAt(runs) });
  for (const row of runs) {
    const records = await store.readStream(row.id);
    way.push(...records.map((each) => stageOf(each, row, store.identity)));
  }
  return { ...event, way };
}

/** An event with the runs that stand behind its disposition. */
export interface EventWithRuns {
  readonly event: EventView;
  /** The runs that the event started, oldest first. */
  readonly runs: readonly RunRow[];
  /** The last seq that was routed when this was read. */
  readonly routed: number;
}

/** An event of the log with what became of it, as of now, and the rows of the runs it started. */
export async function viewWithRuns(reader: LogReader, record: LogRecord): Promise<EventWithRuns> {
  const { store } = reader;
  // Before the runs are read: of what is routed by now, they are all there.
  const routed = routedTo(reader);
  const event = toEvent(record, store.identity);
  const catalog = await readableCatalog(reader, record.seq);
  const matches = catalog && matchesOf(catalog, record, store.identity);
  const starts = matches?.filter(({ kind }) => kind === 'start').length ?? RUNS_MAX;
  const runs = starts === 0 ? [] : await store.runs({ event: record.seq, limit: starts });
  const { identity } = store;
  const lacks = matches !== undefined && record.seq <= routed && runs.length < starts;
  const refused = lacks ? await readRefusedStarts(store, record, starts) : [];
  const disposition = dispositions(record, matches, { routed, runs, refused, identity });
  return { event: { ...event, disposition }, runs: runs.toReversed(), routed };
}

/** Routing leaves no record of its own: what it started was committed together with it. */
function routedAt(runs: readonly RunRow[]): string | null {
  const [first] = runs;
  return first === undefined ? null : isoTime(first.started);
}

function stageOf(record: LogRecord, row: RunRow, identity: LogIdentity): Stage {
  const entry = decodeJournal(record);
  return {
    stage: record.type,
    time: isoTime(record.received),
    flow: row.flow,
    run: idOf(identity, row.id),
    ...(entry !== undefined && 'step' in entry ? { step: entry.step } : {}),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
