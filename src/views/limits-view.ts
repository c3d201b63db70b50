import type { Flow } from '../flows/flow.ts';
import type { Key } from '../flows/key.ts';

/** What limits the runs of a flow, under the keys by which it is written; times in milliseconds. */
export interface LimitsView {
  readonly timeout?: { readonly total_ms?: number; readonly queue_ms?: number };
  readonly concurrency?: KeyView & { readonly limit: number; readonly on_full: string };
  readonly order?: string;
  readonly throttle?: KeyView & { readonly limit: number; readonly per_ms: number };
  readonly priority?: number;
  /** What its runs share slots with. */
  readonly project?: string;
  readonly debounce?: KeyView & WindowView & { readonly wait_ms: number };
  readonly batch?: KeyView & WindowView;
  readonly queue_limit?: number;
  readonly queue_overflow?: string;
}

/** The expression by which events are told apart, where there is one. */
interface KeyView {
  readonly key?: string;
}

/** How long events are gathered at most, and how many. */
interface WindowView {
  readonly max_wait_ms: number;
  readonly size: number;
}

/** The limits of a flow, each as far as it has one. */
export function viewLimits(flow: Flow): LimitsView {
  const { concurrency, order, throttle, priority, project } = flow;
  return {
    ...viewTimeout(flow),
    ...(concurrency && {
      concurrency: {
        ...viewKey(concurrency.key),
        limit: concurrency.limit,
        on_full: concurrency.onFull,
      },
    }),
    ...(order && { order: order.text }),
    ...(throttle && {
      throttle: { ...viewKey(throttle.key), limit: throttle.limit, per_ms: throttle.perMs },
    }),
    ...(priority === undefined ? {} : { priority }),
    ...(project === undefined ? {} : { project }),
    ...viewGather(flow),
    ...viewQueue(flow),
  };
}

function viewQueue({ queue }: Flow): LimitsView {
  const { limit, overflow } = queue ?? {};
  return {
    ...(limit === undefined ? {} : { queue_limit: limit }),
    ...(overflow === undefined ? {} : { queue_overflow: overflow }),
  };
}

function viewTimeout({ totalMs, queueMs }: Flow): LimitsView {
  if (totalMs === undefined && queueMs === undefined) return {};
  return {
    timeout: {
      ...(totalMs === undefined ? {} : { total_ms: totalMs }),
      ...(queueMs === undefined ? {} : { queue_ms: queueMs }),
    },
  };
}

function viewGather({ gather }: Flow): LimitsView {
  if (gather === undefined) return {};
  const { key, quietMs, maxMs, size } = gather;
  const window = { ...viewKey(key), max_wait_ms: maxMs, size };
  return quietMs === undefined ? { batch: window } : { debounce: { ...window, wait_ms: quietMs } };
}

function viewKey(key: Key | undefined): KeyView {
  return key === undefined ? {} : { key: key.text };
}
