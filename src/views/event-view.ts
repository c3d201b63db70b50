import type { Event } from '../events/event.ts';
import type { HookVerdict } from '../routing/hook-verdict.ts';
import { findVerdict } from '../routing/hook-verdicts.ts';
import { decodeJournal } from '../runs/journal.ts';
import type { LogIdentity, LogRecord, RunRow, Store } from '../store/contract.ts';
import { idOf, toEvent } from '../store/record.ts';
import { type Disposition, dispositions, matchesOf } from './disposition.ts';
import { catalogOfRecord, type LogReader, routedTo } from './log-reader.ts';
import { readPatternFates } from './pattern-fate.ts';
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

/**
 * A stage of an event's way: `received`, what a hook made of it, `routed`, then the records of the
 * runs it started.
 */
export interface Stage {
  readonly stage: string;
  /** ISO 8601; null where the log does not keep it. */
  readonly time: string | null;
  readonly flow?: string;
  readonly hook?: string;
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
  const { event, runs, routed, verdict } = await viewWithRuns(reader, record);
  const way: Stage[] = [{ stage: 'received', time: event.received }];
  if (verdict !== undefined)
    way.push({ stage: `event.${verdict.kind}`, time: null, hook: verdict.hook });
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
  /** What hooks said of it; undefined where they let it go on as it is. */
  readonly verdict?: HookVerdict | undefined;
}

/** An event of the log with what became of it, as of now, and the rows of the runs it started. */
export async function viewWithRuns(reader: LogReader, record: LogRecord): Promise<EventWithRuns> {
  const { store } = reader;
  // Before the runs are read: of what is routed by now, they are all there.
  const routed = routedTo(reader);
  const event = toEvent(record, store.identity);
  const catalog = await catalogOfRecord(reader, record);
  const plain = catalog && matchesOf(catalog, record, store.identity);
  const verdict = plain?.length === 0 ? undefined : await verdictOn(store, record);
  const matches = catalog && verdict ? matchesOf(catalog, record, store.identity, verdict) : plain;
  const starts = matches?.filter(({ kind }) => kind === 'start').length ?? RUNS_MAX;
  const runs = await startedRuns(store, record.seq, starts);
  const { identity } = store;
  const lacks = matches !== undefined && record.seq <= routed && runs.length < starts;
  const refused = lacks ? await readRefusedStarts(store, record, starts) : [];
  const isRouted = matches !== undefined && record.seq <= routed;
  const patterns = isRouted ? await readPatternFates(store, record, matches) : undefined;
  const known = { routed, runs, refused, patterns, identity };
  const disposition = dispositions(record, matches, known);
  return { event: { ...event, disposition }, runs: runs.toReversed(), routed, verdict };
}

/** Hooks are asked about what came from outside, or was emitted. */
async function verdictOn(store: Store, record: LogRecord): Promise<HookVerdict | undefined> {
  if (record.stream !== null || record.source === null) return undefined;
  return findVerdict(store, record.seq);
}

/** The runs that an event started, newest first, without those that others called for it. */
async function startedRuns(store: Store, event: number, starts: number): Promise<RunRow[]> {
  const found: RunRow[] = [];
  for (let before: number | undefined; found.length < starts;) {
    const page = await store.runs({ event, limit: starts, before });
    found.push(...page.filter(({ parent }) => parent === null));
    before = page.at(-1)?.id;
    if (page.length < starts) break;
  }
  return found.slice(0, starts);
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
