import type { Catalog } from '../flows/catalog.ts';
import type { Match } from '../routing/match.ts';
import { compareRun, type Comparison, type Difference } from '../runs/recorded/compare.ts';
import { redactedValue } from '../runs/redacted-result.ts';
import type { Json } from '../std/json.ts';
import type { Redaction } from '../std/redact.ts';
import type { LogRecord, RunRow } from '../store/contract.ts';
import { isErased } from '../store/erased.ts';
import { idOf, toEvent } from '../store/record.ts';
import { type Disposition, matchesOf } from './disposition.ts';
import { findRecord } from './event-page.ts';
import { viewWithRuns } from './event-view.ts';
import { type LogReader, recordAt } from './log-reader.ts';
import { flowsOf, readRecording } from './read-recording.ts';
import { type EventName, refuseUnknownFlow } from './replay-preview.ts';
import { unknownId } from './why-not.ts';

/** What the flows in force would make of a recorded event, with what was recorded of its runs. */
export interface RecordedReplay {
  readonly event: string;
  readonly seq: number;
  readonly type: string;
  readonly source: string;
  /** When the event came, ISO 8601. */
  readonly received: string;
  /** One entry for each flow that answered it then, or would now. */
  readonly flows: readonly ReplayedRun[];
}

/** How a flow would answer the event, beside how it did. */
export interface ReplayedRun {
  readonly flow: string;
  /** The run that it started; null where it started none. */
  readonly run: string | null;
  /** Whether it would do the same; `unknown` where the record does not tell that. */
  readonly outcome: 'same' | 'differs' | 'unknown';
  /** How many steps are the same, those of branches and of called runs included. */
  readonly steps: number;
  /** Whether the run has not ended: it is the same as far as it has come. */
  readonly open: boolean;
  /** Where it first differs; null where it does not, or does not start. */
  readonly difference: Difference | null;
  /** Why nobody can tell, or why it starts now and did not, or the other way round; else null. */
  readonly reason: string | null;
}

const ERASED = 'the payload of its event was erased';
/** How many runs are named of an event whose payload is gone. */
const ERASED_RUNS_MAX = 1_000;

/** What it is compared with. */
export interface RecordedReplayQuery {
  /** Only this flow. */
  readonly flow?: string | undefined;
  /** Takes out what variables of the configuration stand for. */
  readonly secrets: Redaction;
  /** Whose flows would answer; those in force where it is left out. */
  readonly catalog?: Catalog | undefined;
}

/**
 * Goes the way of each run that an event started once more, by the flows in force or those of a
 * catalog: each step that acts takes what was recorded of it. Records nothing and calls nothing.
 *
 * @throws SignalboxError `id.unknown`, or `flow.unknown` where no flow of the catalog, and none in
 *   force, has that name.
 */
export async function replayRecorded(
  reader: LogReader,
  name: EventName,
  { flow, secrets, catalog: given }: RecordedReplayQuery,
): Promise<RecordedReplay> {
  const { store } = reader;
  const { identity } = store;
  const record = 'id' in name ? await findRecord(store, name.id) : await recordAt(store, name.seq);
  if (record === undefined) throw unknownId('id' in name ? name.id : String(name.seq));
  const catalog = given ?? (await reader.catalogAt(Number.POSITIVE_INFINITY));
  if (flow !== undefined && !catalog.flows.has(flow)) await refuseUnknownFlow(reader, flow);
  if (await isErased(store, record)) return erasedReplay(reader, record, flow);
  const { event, runs, verdict } = await viewWithRuns(reader, record);
  const matches = matchesOf(catalog, record, identity, verdict);
  const names = new Set([
    ...event.disposition.map((each) => each.flow),
    ...matches.map((match) => match.flow.name),
  ]);
  const flows: ReplayedRun[] = [];
  for (const each of names) {
    if (flow !== undefined && flow !== each) continue;
    const match = matches.find((one) => one.flow.name === each);
    const then = event.disposition.find((one) => one.flow === each);
    const own = runs.filter((row) => row.flow === each);
    for (const row of own) {
      flows.push(await replayRun({ reader, catalog, record }, row, match));
    }
    if (own.length === 0) flows.push(...unstarted(each, then, match));
  }
  const { type, source, received } = event;
  const place = { event: idOf(identity, record.seq), seq: record.seq, type, source, received };
  return redactedValue(
    { ...place, flows } as unknown as Json,
    secrets,
  ) as unknown as RecordedReplay;
}

/** Without the payload, nobody can tell what an event would start, or what its runs would do. */
async function erasedReplay(
  { store }: LogReader,
  record: LogRecord,
  flow: string | undefined,
): Promise<RecordedReplay> {
  const { identity } = store;
  const runs = await store.runs({ event: record.seq, limit: ERASED_RUNS_MAX, flow });
  const { type, source, received } = toEvent(record, identity);
  const place = { event: idOf(identity, record.seq), seq: record.seq, type, source, received };
  const unknown = { ...NOTHING, outcome: 'unknown', reason: ERASED } as const;
  const flows = runs.filter(({ parent }) => parent === null).toReversed();
  return {
    ...place,
    flows: flows.map((row) => ({ flow: row.flow, run: idOf(identity, row.id), ...unknown })),
  };
}

interface Parts {
  readonly reader: LogReader;
  /** In force. */
  readonly catalog: Catalog;
  readonly record: LogRecord;
}

async function replayRun(
  { reader, catalog, record }: Parts,
  row: RunRow,
  match: Match | undefined,
): Promise<ReplayedRun> {
  const { identity } = reader.store;
  const base = { flow: row.flow, run: idOf(identity, row.id) };
  const flow = catalog.flows.get(row.flow);
  if (match?.kind !== 'start' || flow === undefined) {
    return { ...base, ...NOTHING, outcome: 'differs', reason: `it started: ${fateOf(match)}` };
  }
  const recording = await readRecording(reader, row, record);
  if ('problem' in recording)
    return { ...base, ...NOTHING, outcome: 'unknown', reason: recording.problem };
  for (const member of recording.run.members) {
    if (await isErased(reader.store, member))
      return { ...base, ...NOTHING, outcome: 'unknown', reason: ERASED };
  }
  const old = { identity, flow: flowsOf(recording.catalog) };
  const now = { flow, side: { identity, flow: flowsOf(catalog) } };
  return { ...base, ...viewOf(compareRun(recording.run, old, now)) };
}

const NOTHING = { steps: 0, open: false, difference: null, reason: null } as const;

function viewOf(comparison: Comparison): Omit<ReplayedRun, 'flow' | 'run'> {
  const { kind: outcome, steps } = comparison;
  const base = { ...NOTHING, outcome, steps };
  switch (comparison.kind) {
    case 'same':
      return { ...base, open: comparison.isOpen };
    case 'differs':
      return { ...base, difference: comparison.difference };
    case 'unknown':
      return { ...base, reason: comparison.reason };
  }
}

/** What became of the event at a flow that started nothing with it, beside what would now. */
function unstarted(
  flow: string,
  then: Disposition | undefined,
  match: Match | undefined,
): ReplayedRun[] {
  const base = { flow, run: null, ...NOTHING };
  const isSame = outcomeOf(match) === (then?.outcome ?? 'filtered');
  if (isSame && outcomeOf(match) === 'filtered') return [];
  // What a pattern over time makes of an event, others decide.
  const isStray = then?.outcome === 'filtered' && then.pattern !== undefined;
  const isShownAgain = isStray && match?.kind === 'held';
  if (then?.outcome === 'dropped' || then?.outcome === 'waiting' || isShownAgain) {
    const reason = then.reason ?? 'the event waited';
    return [{ ...base, outcome: 'unknown', reason: `it started nothing then: ${reason}` }];
  }
  if (isSame) {
    const reason =
      then?.outcome === 'coalesced'
        ? 'it is taken together with others: its run is that of the record that closed its window'
        : 'it could not be taken then, and cannot be now';
    return [{ ...base, outcome: then?.outcome === 'coalesced' ? 'unknown' : 'same', reason }];
  }
  const did = then === undefined ? 'it did not listen' : THEN[then.outcome];
  return [{ ...base, outcome: 'differs', reason: `${did}: ${fateOf(match)}` }];
}

const THEN: Readonly<Record<Disposition['outcome'], string>> = {
  started: 'it started',
  coalesced: 'it took it together with others',
  filtered: 'it filtered it',
  waiting: 'it waited',
  dropped: 'a limit kept it back',
  dead_lettered: 'it could not be taken',
};

function outcomeOf(match: Match | undefined): Disposition['outcome'] {
  switch (match?.kind) {
    case 'start':
      return 'started';
    case 'gathered':
    case 'held':
      return 'coalesced';
    case 'dead':
      return 'dead_lettered';
    default:
      return 'filtered';
  }
}

function fateOf(match: Match | undefined): string {
  switch (match?.kind) {
    case 'start':
      return 'now it would start';
    case 'gathered':
    case 'held':
      return 'now it would be taken together with others';
    case 'dead':
      return `now it could not be taken: ${match.reason}`;
    case 'filtered':
      return `now it would be filtered by ${match.where}`;
    default:
      return 'no flow of that name in force listens to it';
  }
}
