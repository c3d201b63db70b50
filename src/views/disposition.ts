import type { Catalog } from '../flows/catalog.ts';
import type { HookVerdict } from '../routing/hook-verdict.ts';
import { FlowIndex, type Match } from '../routing/match.ts';
import { planRecord } from '../routing/plan.ts';
import type { LogIdentity, LogRecord, RunRow } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import type { RefusedStart } from './refused-starts.ts';

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
  /** What filtered the event, where that is no condition. */
  readonly rule?: 'own actor';
}

/** What the log says beside what matching says. */
export interface Routing {
  /** The last seq that is routed. */
  readonly routed: number;
  /** The runs that the event started. */
  readonly runs: readonly RunRow[];
  /** Starts that limits kept from coming about. */
  readonly refused?: readonly RefusedStart[];
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
    index = new FlowIndex(catalog.flows.values(), catalog.ownActors);
    INDEXES.set(catalog, index);
  }
  return planRecord(record, index, identity, verdict);
}

/** What became of an event at each flow it matches; of unknown matches, only what it started. */
export function dispositions(
  record: LogRecord,
  matches: readonly Match[] | undefined,
  { routed, runs, refused = [], identity }: Routing,
): Disposition[] {
  if (matches === undefined) return runs.map((row) => started(row, identity));
  return matches.map((match) => {
    const flow = match.flow.name;
    const run = runs.find((row) => row.flow === flow);
    if (run !== undefined) return started(run, identity);
    if (record.seq > routed) return { flow, outcome: 'waiting', reason: null, run: null };
    const refusal = match.kind === 'start' && refused.find((each) => each.flow === flow);
    return { flow, ...(refusal || outcomeOf(match)), run: null };
  });
}

/** One index for each catalog, for as long as anybody holds the catalog. */
const INDEXES = new WeakMap<Catalog, FlowIndex>();

function started({ flow, id }: RunRow, identity: LogIdentity): Disposition {
  return { flow, outcome: 'started', reason: null, run: idOf(identity, id) };
}

function outcomeOf(match: Match): Pick<Disposition, 'outcome' | 'reason' | 'hook' | 'rule'> {
  switch (match.kind) {
    case 'filtered': {
      const { where, rule, by } = match;
      const what = { ...(by && { hook: by.hook }), ...(rule && { rule }) };
      return { outcome: 'filtered', reason: where, ...what };
    }
    case 'gathered': {
      const reason = match.key === '' ? null : `the key is "${match.key}"`;
      return { outcome: 'coalesced', reason };
    }
    case 'held':
      return { outcome: 'waiting', reason: null };
    case 'dead':
      return { outcome: 'dead_lettered', reason: match.reason };
    case 'start':
      return { outcome: 'waiting', reason: null };
  }
}
