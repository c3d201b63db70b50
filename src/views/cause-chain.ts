import { OWN_SOURCE } from '../events/event.ts';
import { HOPS_MAX } from '../routing/match.ts';
import { decodeJournal } from '../runs/journal.ts';
import { isObject } from '../std/json.ts';
import type { LogIdentity, LogRecord, Store } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import { recordAt } from './log-reader.ts';

/** One link of a chain of causes. */
export interface Cause {
  readonly kind: 'event' | 'run';
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  /** Of an event its type; of a run `run.started`. */
  readonly type: string;
  readonly source: string;
  /** Of a run its flow; of an event the flow that emitted it, where one did. */
  readonly flow: string | null;
  /** The step that emitted the event. */
  readonly step: string | null;
}

export interface CauseChain {
  /** From the root down to what was asked about. */
  readonly links: readonly Cause[];
  /** False where the chain is longer than what is followed: its beginning is then left out. */
  readonly whole: boolean;
}

/** An event and its run for each hop, and the first of all. */
export const CHAIN_MAX = 2 * (HOPS_MAX + 2);

/** What led to a record, link by link. Costs a few reads a link, however long the log is. */
export async function causesOf(store: Store, record: LogRecord): Promise<CauseChain> {
  const links: Cause[] = [];
  let at: LogRecord | undefined = record;
  while (at !== undefined && links.length < CHAIN_MAX) {
    const above: LogRecord | undefined = await causeOf(store, at);
    links.unshift(await linkOf(store, at, above));
    at = above;
  }
  return { links, whole: at === undefined };
}

/** What a record of a run was caused by is its run; a cause always stands before what it caused. */
async function causeOf(store: Store, record: LogRecord): Promise<LogRecord | undefined> {
  const { seq, stream, causation } = record;
  if (stream !== null && stream !== seq) return recordAt(store, stream);
  return causation === null || causation >= seq ? undefined : recordAt(store, causation);
}

async function linkOf(
  store: Store,
  record: LogRecord,
  cause: LogRecord | undefined,
): Promise<Cause> {
  const { seq, stream, source, received, type } = record;
  const isRun = stream === seq;
  const base = { time: new Date(received).toISOString(), type, source: source ?? OWN_SOURCE };
  const id = shownId(store.identity, record, isRun);
  if (isRun) return { kind: 'run', id, ...base, flow: flowOf(record), step: null };
  const byRun = cause !== undefined && cause.stream === cause.seq;
  if (!byRun) return { kind: 'event', id, ...base, flow: ruleOf(record), step: null };
  const step = stream === null ? await emittingStep(store, cause, seq) : stepOf(record);
  return { kind: 'event', id, ...base, flow: flowOf(cause), step };
}

function shownId(identity: LogIdentity, { id, seq }: LogRecord, isRun: boolean): string {
  return isRun ? idOf(identity, seq) : (id ?? idOf(identity, seq));
}

/** What a step emits stands right before the record of its completion, in the same commit. */
async function emittingStep(store: Store, run: LogRecord, seq: number): Promise<string | null> {
  const records = await store.readStream(run.seq);
  const completion = records.find((each) => each.seq > seq);
  return completion === undefined ? null : stepOf(completion);
}

/** What a rule of a choreography emits is caused by the event that it answers. */
function ruleOf({ source, stream, attributes }: LogRecord): string | null {
  const isRuled = stream === null && attributes?.includes('"choreography":') === true;
  return isRuled && source?.startsWith(FLOW) === true ? source.slice(FLOW.length) : null;
}

/** What the source of an event that a flow emitted begins with. */
const FLOW = 'flow:';

function stepOf(record: LogRecord): string | null {
  const entry = decodeJournal(record);
  return entry !== undefined && 'step' in entry ? entry.step : null;
}

function flowOf({ data }: LogRecord): string | null {
  const written: unknown = JSON.parse(data);
  const flow = isObject(written) ? written['flow'] : undefined;
  return typeof flow === 'string' ? flow : null;
}
