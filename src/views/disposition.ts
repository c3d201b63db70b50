import type { Catalog } from '../flows/catalog.ts';
import type { HookVerdict } from '../routing/hook-verdict.ts';
import { FlowIndex, type Match } from '../routing/match.ts';
import { planRecord } from '../routing/plan.ts';
import type { LogIdentity, LogRecord, RunRow } from '../store/contract.ts';
import { idOf } from '../store/record.ts';

/** What became of one event at one flow whose pattern it matches. */
export interface Disposition {
  readonly flow: string;
  readonly outcome: 'started' | 'coalesced' | 'filtered' | 'waiting' | 'dropped' | 'dead_lettered';
  /** Why no run was started; null where one was, and while the event waits. */
  readonly reason: string | null;
  /** The id of the run that was started. */
  readonly run: string | null;
  /** The hook that kept the event from the flow. */
  readonly hook?: string;
}

/** What the log says beside what matching says. */
export interface Routing {
  /** The last seq that is routed. */
  readonly routed: number;
  /** The runs that the event started. */
  readonly runs: readonly RunRow[];
  /** What was recorded in the place of runs that it did not start. */
  readonly refusals?: readonly LogRecord[] | undefined;
  readonly identity: LogIdentity;
}

/** What an event means to the flows of its catalog: what the router found, asked again. */
export function matchesOf(
  catalog: Catalog,
  record: LogRecord,
  identity: LogIdentity,
  verdict?: HookVerdict,
): Match[] {
  let index = INDEXES.get(catalog);
  if (index === undefined) {
    index = new FlowIndex(catalog.flows.values());
    INDEXES.set(catalog, index);
  }
  return planRecord(record, index, identity, verdict);
}

/** What became of an event at each flow it matches; of unknown matches, only what it started. */
export function dispositions(
  record: LogRecord,
  matches: readonly Match[] | undefined,
  { routed, runs, refusals, identity }: Routing,
): Disposition[] {
  if (matches === undefined) return runs.map((row) => started(row, identity));
  return matches.map((match) => {
    const flow = match.flow.name;
    const run = runs.find((row) => row.flow === flow);
    if (run !== undefined) return started(run, identity);
    if (record.seq > routed) return { flow, outcome: 'waiting', reason: null, run: null };
    const refusal = match.kind === 'start' ? refusalOf(flow, refusals) : undefined;
    return { flow, ...(refusal ?? outcomeOf(match)), run: null };
  });
}

/** One index for each catalog, for as long as anybody holds the catalog. */
const INDEXES = new WeakMap<Catalog, FlowIndex>();

function started({ flow, id }: RunRow, identity: LogIdentity): Disposition {
  return { flow, outcome: 'started', reason: null, run: idOf(identity, id) };
}

/** What limits made of an event that would have started the flow. */
function refusalOf(
  flow: string,
  refusals: readonly LogRecord[] = [],
): Pick<Disposition, 'outcome' | 'reason'> | undefined {
  for (const { type, data } of refusals) {
    const said = JSON.parse(data) as { readonly flow: string; readonly reason: string };
    if (said.flow !== flow) continue;
    return { outcome: type === 'event.dropped' ? 'dropped' : 'dead_lettered', reason: said.reason };
  }
  return undefined;
}

/** The types of the records that stand in the place of runs. */
export const REFUSAL_TYPES: readonly string[] = ['event.dropped', 'event.dead_lettered'];

function outcomeOf(match: Match): Pick<Disposition, 'outcome' | 'reason' | 'hook'> {
  switch (match.kind) {
    case 'filtered':
      return {
        outcome: 'filtered',
        reason: match.where,
        ...(match.by && { hook: match.by.hook }),
      };
    case 'gathered': {
      const under = match.key === '' ? '' : ` under the key "${match.key}"`;
      return { outcome: 'coalesced', reason: `taken together with others${under}` };
    }
    case 'dead':
      return { outcome: 'dead_lettered', reason: match.reason };
    case 'start':
      return { outcome: 'waiting', reason: null };
  }
}
