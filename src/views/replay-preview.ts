import { notInForce } from '../flows/catalog.ts';
import type { Match } from '../routing/match.ts';
import type { Replays } from '../routing/replays.ts';
import { replayProblem } from '../runs/replay-record.ts';
import { SignalboxError } from '../std/errors.ts';
import type { LogRecord } from '../store/contract.ts';
import { idOf, toEvent } from '../store/record.ts';
import { findRecord } from './event-page.ts';
import { type LogReader, recordAt } from './log-reader.ts';
import { unknownId } from './why-not.ts';

/** An event of the log: by its id, or by its number whatever ids senders gave. */
export type EventName = { readonly id: string } | { readonly seq: number };

/** What a replay of an event would do, as of now. */
export interface ReplayPreview {
  readonly event: string;
  readonly seq: number;
  readonly type: string;
  readonly source: string;
  /** When the event came, ISO 8601. */
  readonly received: string;
  /** One entry for each flow in force whose pattern it fits. */
  readonly flows: readonly ReplayedFlow[];
}

/** What the event would mean to one flow. */
export interface ReplayedFlow {
  readonly flow: string;
  readonly outcome: 'starts' | 'coalesced' | 'filtered' | 'dead_lettered';
  /** Why it would not start; null where it would. */
  readonly reason: string | null;
}

/** What a preview reads: the log, and what its flows would make of an event. */
export interface ReplayReader extends LogReader {
  readonly replays: Pick<Replays, 'preview'>;
}

/**
 * The event that is to be replayed; `flow` where one alone is to have it.
 *
 * @throws SignalboxError `id.unknown`, `replay.own_event` for what Signalbox recorded itself, or
 *   `flow.unknown` where no flow in force has that name.
 */
export async function findReplayable(
  reader: LogReader,
  name: EventName,
  flow?: string,
): Promise<LogRecord> {
  const { store } = reader;
  const found = 'id' in name ? await findRecord(store, name.id) : await recordAt(store, name.seq);
  if (found === undefined) throw unknownId('id' in name ? name.id : String(name.seq));
  const problem = replayProblem(found);
  if (problem !== undefined) throw new SignalboxError('replay.own_event', problem);
  if (flow !== undefined) await refuseUnknownFlow(reader, flow);
  return found;
}

/**
 * A slip in the name would look like a flow that wants none of the events.
 *
 * @throws SignalboxError `flow.unknown` with the names there are.
 */
export async function refuseUnknownFlow(reader: LogReader, flow: string): Promise<void> {
  const { flows } = await reader.catalogAt(Number.POSITIVE_INFINITY);
  if (!flows.has(flow))
    throw new SignalboxError('flow.unknown', notInForce(flow, [...flows.keys()]));
}

/**
 * What a replay of the event would do; `flow` as far as this flow is concerned.
 *
 * @throws SignalboxError as `findReplayable` does.
 */
export async function previewReplay(
  reader: ReplayReader,
  name: EventName,
  flow?: string,
): Promise<ReplayPreview> {
  const record = await findReplayable(reader, name, flow);
  const { identity } = reader.store;
  const { type, source, received } = toEvent(record, identity);
  const matches = await reader.replays.preview(record, flow);
  const event = idOf(identity, record.seq);
  return { event, seq: record.seq, type, source, received, flows: matches.map(flowOf) };
}

function flowOf(match: Match): ReplayedFlow {
  const flow = match.flow.name;
  switch (match.kind) {
    case 'start':
      return { flow, outcome: 'starts', reason: null };
    case 'gathered':
    case 'held':
      return { flow, outcome: 'coalesced', reason: null };
    case 'filtered':
      return { flow, outcome: 'filtered', reason: match.where };
    case 'dead':
      return { flow, outcome: 'dead_lettered', reason: match.reason };
  }
}
