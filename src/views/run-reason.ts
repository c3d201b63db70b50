import { excerpt } from '../flows/cel/messages.ts';
import type { Flow, Step } from '../flows/flow.ts';
import { type Observation, observe } from '../flows/observation.ts';
import type { Scope } from '../flows/scope.ts';
import { wantedText } from '../runs/awaiting.ts';
import { decodeJournal, type JournalEvent } from '../runs/journal.ts';
import { Motion } from '../runs/motion.ts';
import { stepAt, stepsWithin } from '../runs/position.ts';
import type { StepError } from '../runs/step-kind.ts';
import { eventSeenBy } from '../runs/trust.ts';
import type { LogIdentity, LogRecord, RunRow } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import { attemptsOf } from './attempt-view.ts';
import type { Status } from './engine-view.ts';
import { type RunFacts, startedBy, viewRun } from './run-view.ts';
import { isAction } from '../runs/next.ts';

/** A condition that kept a run from a step, with what it saw. */
export interface UnmetCondition {
  readonly step: string;
  readonly if: string;
  readonly values: readonly Observation[];
}

/** What a run's reason is told from. */
export interface ReasonFacts extends RunFacts {
  readonly cause: LogRecord | undefined;
  /** How many queued runs are before it; undefined where it waits for no slot. */
  readonly ahead?: number | undefined;
  /** Which of its flow's own limits hold it back; none are known where it is left out. */
  readonly held?: readonly string[] | undefined;
  /** The flows that are held back. */
  readonly paused?: Status['paused'];
}

/** How much of an error's message a reason holds: `runs show` has it whole. */
const MESSAGE_SHOWN_MAX = 500;
/** How many conditions are told. */
const UNMET_MAX = 20;
/** Names whose values may have changed since the condition was asked. */
const PASSING: ReadonlySet<string> = new Set(['now', 'output']);

/** Why a run stands where it stands, in one sentence. Never throws. */
export function reasonOf(facts: ReasonFacts, identity: LogIdentity): string {
  const { row, records, flow } = facts;
  const last = lastEntry(records, row.state);
  const step = `step "${stepNameAt(flow, row.at) ?? stepNameOf(last) ?? row.at}"`;
  switch (row.state) {
    case 'queued':
      return slotReason(facts, step);
    case 'running': {
      const attempt = row.attempt === 0 ? 'is about to begin' : 'is under way';
      return `${step} ${attempt}${row.attempt > 1 ? ` for the ${row.attempt}. time` : ''}`;
    }
    case 'waiting': {
      const rests = restReason(facts, { last, step, identity });
      const pauses = pausesOf(facts);
      return pauses.length === 0 ? rests : [rests.replace(/\.$/, ''), ...pauses].join('; ');
    }
    case 'succeeded':
      return successReason(last);
    case 'failed':
      return failureReason(facts, last, step);
    case 'noop':
      return last?.type === 'run.noop' && attemptsOf(records).has(last.at)
        ? `step "${last.step}" said that there was nothing to do`
        : "no step's condition held, so there was nothing to do";
    case 'compensated':
    case 'compensation_stuck':
      return undoneReason(row.reason, last);
    case 'declined':
      return `declined at ${step} ${row.reason ?? ''}`.trimEnd();
    case 'paused':
    case 'cancelled':
      return `${row.state} at ${step} ${row.reason ?? ''}`.trimEnd();
    default:
      // A later version knows it.
      return row.reason ?? `the run is ${String(row.state)}`;
  }
}

/** Why a run was undone, or could not be, and what was, in that order. */
function undoneReason(reason: string | null, last: JournalEvent | undefined): string {
  const why = reason ?? 'the run was undone';
  if (last?.type !== 'run.compensated' && last?.type !== 'run.stuck') return why;
  const { undone, skipped = [] } = last;
  const stuck = last.type === 'run.stuck' ? last.stuck.map(({ step }) => step) : [];
  const lists = [
    ['undone', undone],
    ['not to be undone', skipped],
    ['stuck', stuck],
  ] as const;
  const parts = lists.flatMap(([what, steps]) =>
    steps.length === 0 ? [] : [`${what}: ${steps.join(', ')}`],
  );
  return [why.replace(/\.$/, ''), ...parts].join('; ');
}

/** The conditions that kept a run from steps so far; empty where its flow is lost. */
export function unmetConditions(facts: ReasonFacts, identity: LogIdentity): UnmetCondition[] {
  const { row, flow, records, cause } = facts;
  if (flow === undefined || cause === undefined) return [];
  const { id, version, ...run } = row;
  const started = startedBy(records);
  const event = started === undefined ? cause : eventSeenBy(started, cause);
  const origin = { flow, event, identity, data: started?.data };
  const motion = Motion.resumed({ id, version, run }, origin, records);
  const scope = motion.scope(row.ended ?? row.started);
  const skipped = new Set(
    viewRun(facts, identity).steps.flatMap((step) => (step.state === 'skipped' ? step.id : [])),
  );
  const unmet = Array.from(stepsWithin(flow.steps), ([, step]) => step);
  return unmet
    .flatMap((step) => (skipped.has(step.id) ? unmetOf(step, scope) : []))
    .slice(0, UNMET_MAX);
}

function unmetOf({ id, guard }: Step, scope: Scope): UnmetCondition[] {
  if (guard === undefined) return [];
  const values = observe(guard, scope).filter(
    ({ path }) => !PASSING.has(path.split(/[.[]/)[0] ?? ''),
  );
  return [{ step: id, if: guard.text, values }];
}

function restReason(
  facts: ReasonFacts,
  { last, step, identity }: { last: JournalEvent | undefined; step: string; identity: LogIdentity },
): string {
  const { due, reason } = facts.row;
  if (last?.type === 'step.retrying') return retryReason(facts, last);
  if (last?.type === 'step.forked') return forkReason(facts, last, identity);
  if (last?.type === 'step.proposed') return `${step} ${last.waitsFor}`;
  if (last?.type === 'step.waiting' && last.wait !== undefined) {
    const until = due === null ? '' : `, until ${isoTime(due)}`;
    return `${step} waits for ${excerpt(wantedText(last.wait), MESSAGE_SHOWN_MAX)}${until}`;
  }
  if (last?.type === 'step.awaited')
    return `${step} has its event ${idOf(identity, last.event)}, and waits for a free slot`;
  if (due !== null) return `${step} waits until ${isoTime(due)}`;
  return `${step} waits for a person: ${reason ?? 'nobody knows whether it happened'}`;
}

function retryReason(
  { row, flow }: ReasonFacts,
  { step, attempt, error, due }: Extract<JournalEvent, { type: 'step.retrying' }>,
): string {
  const policy = flow && stepAt(flow, row.at);
  const of = policy !== undefined && isAction(policy) ? ` of ${policy.retry.attempts}` : '';
  const what = `attempt ${attempt}${of} of step "${step}" failed: ${told(error)}`;
  return `waits until ${isoTime(due)} to try again, since ${what}`;
}

function forkReason(
  { records, children = [] }: ReasonFacts,
  { step, count }: Extract<JournalEvent, { type: 'step.forked' }>,
  identity: LogIdentity,
): string {
  const seq = records.findLast(({ type }) => type === 'step.forked')?.prev;
  const own = children.filter(({ fork }) => fork === seq);
  const [called] = own;
  if (called?.branch === null) {
    return `step "${step}" waits for run ${idOf(identity, called.id)} of flow "${called.flow}"`;
  }
  const ended = own.filter((row) => row.ended !== null).length;
  return `step "${step}" waits for ${count - ended} of its ${count} branches`;
}

function slotReason(facts: ReasonFacts, step: string): string {
  const { ahead, held = [] } = facts;
  const behind = ahead === undefined || ahead === 0 ? '' : `, behind ${ahead} others`;
  const pauses = pausesOf(facts);
  if (pauses.length > 0) return `waits to begin ${step}${behind}: ${pauses.join('; ')}`;
  if (held.length > 0) return `waits to begin ${step}${behind}: ${held.join('; ')}`;
  return `waits for a free slot to begin ${step}${behind}`;
}

/** What holds back the run's flow, each as a sentence without its full stop. */
function pausesOf({ row, paused = [] }: ReasonFacts): string[] {
  const own = paused.filter(({ flow }) => flow === null || flow === row.flow);
  return own.map(({ flow, by, reason, since }) => {
    const what = flow === null ? 'everything' : `flow "${flow}"`;
    const why = reason === null ? '' : `: ${excerpt(reason, MESSAGE_SHOWN_MAX)}`;
    return `${what} is paused since ${since} by ${by}${why}`;
  });
}

function successReason(last: JournalEvent | undefined): string {
  if (last?.type !== 'run.succeeded' || last.error === undefined) return 'every step is done';
  return `every step is done, and the failure of step "${last.step}" was passed over`;
}

function failureReason({ row }: ReasonFacts, last: JournalEvent | undefined, step: string): string {
  if (last?.type !== 'run.failed') return `${step} failed: ${row.reason ?? 'no reason is known'}`;
  const { attempt, error } = last;
  const tries = attempt > 1 ? ` at attempt ${attempt}` : '';
  return `step "${last.step}" failed for good${tries}: ${told(error)}`;
}

function told({ message, code }: StepError): string {
  return `${excerpt(message, MESSAGE_SHOWN_MAX)} [${code}]`;
}

/** The last record that says something of a step: of a pause that is over nothing is left. */
function lastEntry(
  records: readonly LogRecord[],
  state: RunRow['state'],
): JournalEvent | undefined {
  for (const record of records.toReversed()) {
    const entry = decodeJournal(record);
    const isOver = entry?.type === 'run.paused' || entry?.type === 'run.resumed';
    const isMove = entry?.type === 'run.moved' && entry.anew !== true;
    if (entry !== undefined && !isMove && !(isOver && state !== 'paused')) return entry;
  }
  return undefined;
}

function stepNameAt(flow: Flow | undefined, at: string): string | undefined {
  return flow && stepAt(flow, at)?.id;
}

function stepNameOf(entry: JournalEvent | undefined): string | undefined {
  return entry !== undefined && 'step' in entry ? entry.step : undefined;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
