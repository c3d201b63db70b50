import { parseTraceparent, spanIdOf, type TraceContext, traceIdOf } from '../std/trace-context.ts';

/** The trace that a run is a part of. */
export interface RunTrace {
  readonly traceId: string;
  /** The span outside that the run is a child of; undefined where its event brought none. */
  readonly parent: string | undefined;
  readonly sampled: boolean;
}

/**
 * The trace of a run: that of its event, else one for the whole chain that the event belongs to.
 * It follows from the log alone, so each process comes to the same one.
 */
export function runTrace(correlation: string, traceparent: string | undefined): RunTrace {
  const outside = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  if (outside === undefined) {
    return { traceId: traceIdOf(correlation), parent: undefined, sampled: true };
  }
  const { traceId, spanId, sampled } = outside;
  return { traceId, parent: spanId, sampled };
}

/** Where a step of the run stands in that trace; its key is the same for all attempts. */
export function stepTrace({ traceId, sampled }: RunTrace, key: string): TraceContext {
  return { traceId, spanId: spanIdOf(key), sampled };
}
