import type { Event } from '../events/event.ts';
import type { Catalog } from '../flows/catalog.ts';
import { excerpt } from '../flows/cel/messages.ts';
import { explainTriggers, type TriggerExplanation } from '../routing/explain.ts';
import { type HookVerdict, seenUnder } from '../routing/hook-verdict.ts';
import { type Arrival, HOPS_MAX, sourceOf } from '../routing/match.ts';
import { ownActorOf, ownActorsOf } from '../routing/own-actors.ts';
import { namedFlow } from '../runs/named-start.ts';
import { suggestion } from '../std/diagnostics.ts';
import { SignalboxError } from '../std/errors.ts';
import type { LogRecord } from '../store/contract.ts';
import { isImported, toEvent } from '../store/record.ts';
import type { Disposition } from './disposition.ts';
import { findRecord } from './event-page.ts';
import { viewWithRuns } from './event-view.ts';
import { catalogOfRecord, type LogReader, readableCatalog } from './log-reader.ts';

/** Why an event did not start a flow, or that it did. */
export interface WhyNot {
  readonly event: string;
  readonly type: string;
  readonly flow: string;
  /** The hash of the catalog under which the event was matched; null where it cannot be read. */
  readonly catalog: string | null;
  /** As its disposition has it; `unmatched` where no trigger takes it, `absent` without flow. */
  readonly outcome: Disposition['outcome'] | 'unmatched' | 'absent';
  /** The run that it did start. */
  readonly run: string | null;
  /** One sentence, without its full stop. */
  readonly reason: string;
  /** What each trigger of the flow makes of the event, the nearest first. */
  readonly triggers: readonly TriggerExplanation[];
}

/** How many names of flows a message lists. */
const NAMES_SHOWN_MAX = 8;
/** The rule of a start by hand, and of a retry: triggers have no say in these. */
const BY_NAME = 'it starts the flow by its name';
const UNREADABLE = 'the flows in force then were recorded by a version that reads them otherwise';

/**
 * Explains one event at one flow, under the flows that were in force at the event's place.
 *
 * @throws SignalboxError `id.unknown`, or `flow.unknown` where no flow has that name, then or now.
 */
export async function explainWhyNot(reader: LogReader, id: string, flow: string): Promise<WhyNot> {
  const record = await findRecord(reader.store, id);
  if (record === undefined) throw unknownId(id);
  const catalog = await catalogOfRecord(reader, record);
  const { event: found, verdict } = await viewWithRuns(reader, record);
  const { disposition, ...event } = found;
  const fate = disposition.find((each) => each.flow === flow);
  const known = catalog?.flows.get(flow);
  const triggers =
    known === undefined
      ? []
      : explainTriggers(known, arrivalOf(reader, record, { verdict, catalog }));
  const base = { event: event.id, type: event.type, flow, catalog: catalog?.hash ?? null };
  if (fate !== undefined) {
    const { outcome, run } = fate;
    const isNamed = namedFlow(record) === flow;
    const [first] = triggers;
    // Where a trigger would start it, what kept it from that is no trigger.
    const isRefused = outcome === 'dead_lettered' && first?.verdict === 'starts';
    const rule = isRefused ? undefined : first?.reason;
    const reason = reasonOfFate(fate, isNamed ? BY_NAME : rule);
    return { ...base, outcome, run, reason, triggers };
  }
  if (known === undefined) {
    const reason = catalog === undefined ? UNREADABLE : await absence(reader, catalog, flow);
    return { ...base, outcome: 'absent', run: null, reason, triggers };
  }
  return { ...base, outcome: 'unmatched', run: null, reason: misfit(record, triggers), triggers };
}

/** What is said of an id that the log does not have. */
export function unknownId(id: string): SignalboxError {
  const remedy = 'List the latest with: signalbox history';
  return new SignalboxError(
    'id.unknown',
    `There is no event and no run "${excerpt(id)}". ${remedy}`,
  );
}

function arrivalOf(
  { store }: LogReader,
  record: LogRecord,
  { verdict, catalog }: { verdict: HookVerdict | undefined; catalog: Catalog | undefined },
): Arrival {
  let event: Event | undefined;
  return {
    type: record.type,
    source: sourceOf(record),
    subject: record.subject ?? undefined,
    hops: record.hops,
    event: () => (event ??= seenUnder(verdict, toEvent(record, store.identity))),
    ownActor: () => ownActorOf(record, ownActorsOf(catalog?.ownActors)),
  };
}

function reasonOfFate(
  { outcome, run, reason, hook, pattern }: Disposition,
  rule: string | undefined,
): string {
  if (hook !== undefined) return reason ?? `hook ${hook} kept it from all flows`;
  if (pattern !== undefined && reason !== null) return reason;
  switch (outcome) {
    case 'started':
      return `it did start: run ${run ?? ''}`;
    case 'waiting':
      return `the router has not come to it yet; then ${rule ?? 'its triggers decide'}`;
    case 'coalesced':
      return 'it did: the flow takes such events together, and its window starts the run';
    case 'dropped':
      return reason ?? outcome;
    case 'dead_lettered':
    case 'filtered':
      return (rule === BY_NAME ? reason : rule) ?? reason ?? outcome;
  }
}

function misfit(record: LogRecord, [first]: readonly TriggerExplanation[]): string {
  if (isImported(record)) return 'it was taken over from an old log, and such events start nothing';
  const { hops } = record;
  if (hops > HOPS_MAX) return 'it stands behind the end of a chain of causes that is too long';
  if (first !== undefined) return first.reason;
  return 'the flow has no trigger: a handler is started by the source that names it';
}

/** @throws SignalboxError `flow.unknown` */
async function absence(reader: LogReader, then: Catalog, flow: string): Promise<string> {
  const now = await readableCatalog(reader, Number.POSITIVE_INFINITY);
  if (now?.flows.has(flow) === true) {
    return 'the flow was not in force then: it was added later';
  }
  const names = [...then.flows.keys(), ...(now?.flows.keys() ?? [])];
  const hint = suggestion(flow, names) || `; there are ${listed(names)}.`;
  throw new SignalboxError('flow.unknown', `There is no flow "${excerpt(flow)}"${hint}`);
}

function listed(names: readonly string[]): string {
  const quoted = [...new Set(names)].map((name) => `"${name}"`);
  if (quoted.length === 0) return 'none';
  const more = quoted.length - NAMES_SHOWN_MAX;
  return quoted.slice(0, NAMES_SHOWN_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
