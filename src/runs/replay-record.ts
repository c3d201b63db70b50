import { type Attribution, attributionOf } from '../events/attribution.ts';
import { isObject } from '../std/json.ts';
import type { LogIdentity, LogRecord, RecordDraft } from '../store/contract.ts';
import { idOf, ownRecord, toEvent } from '../store/record.ts';
import { repeatText } from './named-start.ts';

/**
 * The attributes by which a replay names the event that it repeats, and who repeats it: CloudEvents
 * writes them small.
 */
const REPLAY_OF = 'replayof';
const REPLAYED_BY = 'replayedby';

/** Where a replay is to stand. */
export interface ReplayPlace {
  readonly identity: LogIdentity;
  /** Engine time. */
  readonly received: number;
}

/** Why an event cannot be replayed, as a sentence; undefined where it can. */
export function replayProblem({ source, type }: LogRecord): string | undefined {
  if (source !== null) return undefined;
  const rest = 'only events from outside and from steps are replayed';
  return `"${type}" is what Signalbox itself has recorded; ${rest}.`;
}

/**
 * The event once more: as it came, marked by what it repeats and by whom, and caused by the former.
 * It begins a chain of its own, since nobody but a person replays; it has no id of a sender, so
 * that it is no duplicate.
 */
export function replayRecord(
  event: LogRecord,
  { identity, received }: ReplayPlace,
  by?: Attribution,
): RecordDraft {
  const { type, version, source, subject, data, seq } = event;
  return {
    type,
    version,
    source,
    id: null,
    subject,
    received,
    correlation: null,
    causation: seq,
    hops: 0,
    attributes: markedAttributes(event, identity, by),
    data,
  };
}

/** The same for one flow alone: the record starts it by its name, and its run sees the event. */
export function directedReplay(
  event: LogRecord,
  { flow, ...by }: { readonly flow: string } & Attribution,
  { identity, received }: ReplayPlace,
): RecordDraft {
  const said = { event: event.seq, flow, ...attributionOf(by) };
  const text = repeatText(said, toEvent(event, identity), event.data);
  const cause = { correlation: null, causation: event.seq, hops: 0 };
  const record = ownRecord('event.replayed', text, received, cause);
  return { ...record, attributes: markedAttributes(event, identity) };
}

function markedAttributes(
  { attributes, seq }: LogRecord,
  identity: LogIdentity,
  by?: Attribution,
): string {
  const known: unknown = attributes === null ? {} : JSON.parse(attributes);
  const given = isObject(known) ? known : {};
  const { extensions } = given;
  const carried = isObject(extensions) ? extensions : {};
  const mark = { ...carried, [REPLAY_OF]: idOf(identity, seq), [REPLAYED_BY]: by?.by };
  // The request that brought the event the first time did not bring it this time.
  return JSON.stringify({ ...given, requestid: by?.request, extensions: mark });
}
