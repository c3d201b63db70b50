import type { Effect, Flow } from '../flows/flow.ts';
import { decodeJournal } from '../runs/journal.ts';
import { stepAt } from '../runs/position.ts';
import type { LogIdentity, LogRecord, RunRow } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import { attemptsOf, type AttemptView } from './attempt-view.ts';
import { stepNames } from './run-view.ts';
import { isAction } from '../runs/next.ts';

/** A step whose outside effect may have happened twice, or may have happened at all. */
export interface UncertainEffect {
  readonly run: string;
  readonly flow: string;
  readonly step: string;
  /** What it does; null where the run's catalog is lost. */
  readonly kind: string | null;
  /** What its flow says of repeating it; null where the run's catalog is lost. */
  readonly effect: Effect | null;
  /** By which a target that was called twice can tell that it is the same. */
  readonly key: string;
  readonly attempts: number;
  /** When the attempt began that left it uncertain, ISO 8601. */
  readonly time: string;
  /** `twice`: it may have happened more than once. `unknown`: nobody knows whether it happened. */
  readonly doubt: 'twice' | 'unknown';
  /** One sentence, without its full stop. */
  readonly reason: string;
}

/** Kinds without an effect outside of the log: what they do is recorded with their completion. */
export const WITHIN: ReadonlySet<string> = new Set(['emit', 'sleep', 'if']);

/** What `effect: verify` does before a step is begun again. */
const ASKED = '; its target was asked first whether it happened';

/** A run's records and definition, and what the keys of its steps begin with if not with its id. */
export interface Doubtful {
  readonly records: readonly LogRecord[];
  readonly flow: Flow | undefined;
  readonly key?: string | undefined;
}

/** The uncertain steps of one run, in the order in which they began. Never throws. */
export function uncertainEffects(
  row: RunRow,
  { records, flow, key: prefix }: Doubtful,
  identity: LogIdentity,
): UncertainEffect[] {
  const names = stepNames(flow, records);
  const run = idOf(identity, row.id);
  const decided = decidedSteps(records);
  return [...attemptsOf(records)].flatMap(([at, attempts]) => {
    const written = flow && stepAt(flow, at);
    const kind = written?.kind ?? null;
    const doubt = kind !== null && WITHIN.has(kind) ? undefined : doubtOf(attempts);
    if (doubt === undefined || decided.has(at)) return [];
    const step = names.get(at) ?? at;
    const effect = written !== undefined && isAction(written) ? written.effect : null;
    const key = `${prefix ?? run}/${step}`;
    const reason =
      effect === 'verify' && doubt.doubt === 'twice' ? `${doubt.reason}${ASKED}` : doubt.reason;
    const base = { run, flow: row.flow, step, kind, effect, key, attempts: attempts.length };
    return [{ ...base, ...doubt, reason }];
  });
}

/** The paths of the steps of which a person has said what came of them. */
function decidedSteps(records: readonly LogRecord[]): ReadonlySet<string> {
  const decided = new Set<string>();
  for (const record of records) {
    const entry = decodeJournal(record);
    if (entry !== undefined && 'decision' in entry) decided.add(entry.at);
    else if (entry?.type === 'step.started') decided.delete(entry.at);
  }
  return decided;
}

type Doubt = Pick<UncertainEffect, 'time' | 'doubt' | 'reason'>;

/** The gravest doubt: what may be double weighs more than what may not be at all. */
function doubtOf(attempts: readonly AttemptView[]): Doubt | undefined {
  const last = attempts.at(-1);
  const repeated = attempts.slice(0, -1).find((attempt) => mayHaveActed(attempt));
  if (repeated !== undefined) {
    const { attempt, started, outcome, error } = repeated;
    const what =
      outcome === 'interrupted'
        ? `its daemon ended during attempt ${attempt}`
        : `attempt ${attempt} may have happened (${error?.code ?? outcome})`;
    return { time: started, doubt: 'twice', reason: `${what}, and it was begun again` };
  }
  return last === undefined ? undefined : lastDoubt(last);
}

function lastDoubt({ attempt, started, outcome, error }: AttemptView): Doubt | undefined {
  const code = error?.code ?? outcome;
  if (outcome === 'unknown') {
    const reason = `attempt ${attempt} may have happened (${code}), which a person is to find out`;
    return { time: started, doubt: 'unknown', reason };
  }
  if (outcome !== 'failed' || error?.happened !== 'maybe') return undefined;
  // What the target itself said is known.
  if (error.answered === true) return undefined;
  const reason = `attempt ${attempt} failed (${code}), and may have happened all the same`;
  return { time: started, doubt: 'unknown', reason };
}

function mayHaveActed({ outcome, error }: AttemptView): boolean {
  if (outcome === 'interrupted' || outcome === 'unknown') return true;
  return outcome === 'failed' && error?.happened === 'maybe';
}
