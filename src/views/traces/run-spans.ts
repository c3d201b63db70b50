import type { RunTrace } from '../../runs/run-trace.ts';
import { spanIdOf } from '../../std/trace-context.ts';
import type { AttemptView } from '../attempt-view.ts';
import type { RunView, StepView } from '../run-view.ts';
import type { Span, SpanEvent } from './span.ts';

/** A run as it is to be traced. */
export interface TracedRun {
  readonly view: RunView;
  readonly trace: RunTrace;
  /** The span that the run is a part of, or for a branch that of its step. */
  readonly parent: string | undefined;
  /** The type of the event that started it. */
  readonly eventType: string;
}

/**
 * The spans of a run that has ended: one for the run, and one for each step that was begun. Of a
 * branch, which is a part of a run, only those of its steps.
 *
 * Ids come from the log's own, so that the same run always gives the same spans. No span holds
 * anything of an input, an output or a payload: these may be secret.
 */
export function runSpans(run: TracedRun): readonly Span[] {
  const { view, parent } = run;
  if (view.branch !== null) return stepSpans(run, parent);
  const own = spanIdOf(view.id);
  return [runSpan(run, own), ...stepSpans(run, own)];
}

function runSpan({ view, trace, parent, eventType }: TracedRun, spanId: string): Span {
  const { id, flow, state, event, correlationid, started, ended } = view;
  const failed = state === 'failed' || state === 'cancelled';
  return {
    traceId: trace.traceId,
    spanId,
    parent,
    name: flow,
    kind: 'consumer',
    started: Date.parse(started),
    ended: Date.parse(ended ?? started),
    error: failed ? `run.${state}` : undefined,
    attributes: {
      'signalbox.run.id': id,
      'signalbox.run.state': state,
      'signalbox.flow': flow,
      'signalbox.correlation.id': correlationid,
      'cloudevents.event_id': event,
      'cloudevents.event_type': eventType,
    },
    events: [],
  };
}

function stepSpans({ view, trace }: TracedRun, parent: string | undefined): Span[] {
  const { traceId } = trace;
  return view.steps.flatMap((step) => {
    const times = timesOf(step, view);
    if (times === undefined) return [];
    return [{ ...spanOf(step), ...times, traceId, parent }];
  });
}

/** Undefined for a step that was never begun. */
function timesOf(
  { started, ended, state, tries }: StepView,
  { ended: runEnded }: RunView,
): Pick<Span, 'started' | 'ended'> | undefined {
  const first = tries[0]?.started ?? started;
  if (first === null || state === 'skipped' || state === 'pending') return undefined;
  const last = ended ?? tries.at(-1)?.ended ?? runEnded ?? first;
  // A step that is done again began when it began first.
  return { started: Date.parse(first), ended: Math.max(Date.parse(first), Date.parse(last)) };
}

type Own = Omit<Span, 'started' | 'ended' | 'traceId' | 'parent'>;

function spanOf({ id, key, kind, state, attempts, error, tries }: StepView): Own {
  return {
    spanId: spanIdOf(key),
    name: id,
    kind: kind === 'http' || kind === 'prompt' ? 'client' : 'internal',
    error: state === 'succeeded' || state === 'noop' ? undefined : (error?.code ?? `step.${state}`),
    attributes: {
      'signalbox.step.id': id,
      'signalbox.step.key': key,
      'signalbox.step.state': state,
      'signalbox.step.attempts': attempts,
      ...(kind !== null && { 'signalbox.step.kind': kind }),
    },
    events: tries.flatMap(eventOf),
  };
}

/** What went wrong with an attempt, by its code alone. */
function eventOf({ attempt, ended, started, outcome, error }: AttemptView): SpanEvent[] {
  if (outcome === 'succeeded' || outcome === 'noop') return [];
  const attributes = { 'signalbox.attempt': attempt, ...(error && { 'error.type': error.code }) };
  return [{ name: `attempt ${outcome}`, at: Date.parse(ended ?? started), attributes }];
}
