import type { LogRecord, RunRow, Store } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import { type Cause, causesOf } from './cause-chain.ts';
import { findRecord } from './event-page.ts';
import { viewWithRuns } from './event-view.ts';
import { type Fate, fateOfEvent, fatesOf } from './fate.ts';
import { behindProjects, heldBy } from './held-by.ts';
import { type LogReader, readableCatalog } from './log-reader.ts';
import { readRunFacts } from './run-page.ts';
import { reasonOf, type UnmetCondition, unmetConditions } from './run-reason.ts';
import { shownState } from './shown-state.ts';
import { unknownId } from './why-not.ts';

/** Why something happened, and why it stands where it stands. */
export interface Why {
  readonly id: string;
  readonly kind: 'event' | 'run';
  /** Of a run its state; of an event what became of it, as in `events`. */
  readonly state: string;
  /** One sentence, without its full stop. */
  readonly reason: string;
  /** When a run goes on by itself, ISO 8601; null where nothing is due. */
  readonly due: string | null;
  /** The conditions that kept a run from steps so far. */
  readonly unmet: readonly UnmetCondition[];
  /** What became of an event at each flow; empty for a run. */
  readonly fates: readonly Fate[];
  /** What led to it, the root first, itself last. */
  readonly chain: readonly Cause[];
  /** False where the chain is longer than what is shown: its beginning is left out. */
  readonly whole: boolean;
}

/** How many queued runs are counted. */
const AHEAD_MAX = 1_000;

/**
 * The causes and the reason of an event or a run.
 *
 * @throws SignalboxError `id.unknown`
 */
export async function explainWhy(reader: LogReader, id: string): Promise<Why> {
  const record = await findRecord(reader.store, id);
  if (record === undefined) throw unknownId(id);
  const { links, whole } = await causesOf(reader.store, record);
  const row = record.stream === record.seq ? await reader.store.run(record.seq) : undefined;
  const told = row === undefined ? await eventReason(reader, record) : await runReason(reader, row);
  return { ...told, chain: links, whole };
}

type Told = Omit<Why, 'chain' | 'whole'>;

async function runReason(reader: LogReader, row: RunRow): Promise<Told> {
  const { store } = reader;
  const ahead = await runsAhead(store, row);
  const held = await limitsOf(reader, row);
  const { paused } = reader.status();
  const facts = { ...(await readRunFacts(reader, row)), ahead, paused, held };
  return {
    id: idOf(store.identity, row.id),
    kind: 'run',
    state: shownState(row),
    reason: reasonOf(facts, store.identity),
    due: row.due === null ? null : new Date(row.due).toISOString(),
    unmet: unmetConditions(facts, store.identity),
    fates: [],
  };
}

/** How many queued runs are due before this one; undefined where it waits for no slot. */
async function runsAhead(store: Store, row: RunRow): Promise<number | undefined> {
  if (row.state !== 'queued' || row.due === null) return undefined;
  const due = await store.claimable({
    lane: row.lane,
    state: 'queued',
    now: row.due,
    limit: AHEAD_MAX,
  });
  return due.filter(({ id }) => id !== row.id).length;
}

/**
 * Which of its flow's own limits hold a run back that waits for its first slot; where none does,
 * the projects that may come before its own.
 */
async function limitsOf(reader: LogReader, row: RunRow): Promise<readonly string[]> {
  if (row.state !== 'queued') return [];
  const inForce = await readableCatalog(reader, Number.POSITIVE_INFINITY);
  const flow = inForce?.flows.get(row.flow);
  if (inForce === undefined || flow === undefined) return [];
  const lanes = await reader.store.lanes();
  const held = heldBy(row.lane, flow, lanes);
  const turn = held.length === 0 ? behindProjects(flow, inForce.flows, lanes) : undefined;
  return turn === undefined ? held : [turn];
}

async function eventReason(reader: LogReader, record: LogRecord): Promise<Told> {
  const { identity } = reader.store;
  const found = await viewWithRuns(reader, record);
  const fates = fatesOf(found, identity);
  const outcomes = new Set(fates.map(({ outcome }) => outcome));
  const routed = found.routed;
  const unrouted = record.seq > routed ? 'waiting' : 'unmatched';
  return {
    id: found.event.id,
    kind: 'event',
    state: fates.length === 0 ? unrouted : [...outcomes].join(', '),
    reason: fateOfEvent(fates, { seq: record.seq, routed }),
    due: null,
    unmet: [],
    fates,
  };
}
