import { z } from 'zod';
import { type Concurrency, type Flow, ON_FULL, type OnFull, type Throttle } from '../flow.ts';
import { expressionSchema } from './condition.ts';
import { spanSchema } from './duration-schema.ts';
import { flowTimeoutSchema, readFlowTimeout } from './flow-timeout.ts';
import { readGather, writtenGathers } from './gather.ts';
import { parseKey } from './key.ts';
import { queueSchema, readQueueLimit } from './queue-limit.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { pick, placeAt, valueOf, type YamlMapping } from './yaml-node.ts';

/** The most that a limit may allow. */
const LIMIT_MAX = 100_000;
/** How far a priority may be from that of flows without one. */
const PRIORITY_MAX = 100;

const limit = z.int().min(1).max(LIMIT_MAX);
const key = expressionSchema.optional();

const shortConcurrencySchema = z.strictObject({
  concurrency: limit.transform((runs) => ({ limit: runs })),
});

const concurrencySchema = z.strictObject({
  concurrency: z.strictObject({ key, limit, on_full: z.enum(ON_FULL).optional() }),
});

const throttleSchema = z.strictObject({
  throttle: z.strictObject({ limit, per: spanSchema, key }),
});
const orderSchema = z.strictObject({ order: expressionSchema });
const prioritySchema = z.strictObject({ priority: z.int().min(-PRIORITY_MAX).max(PRIORITY_MAX) });

const projectSchema = z.strictObject({
  project: z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/, {
    error: 'a project is named by letters, digits, ".", "_" and "-", at most 64 of them',
  }),
});

/** How often runs may start, as it may be written. */
export const writtenThrottle = throttleSchema.shape;

/** The keys of a flow that limit its runs, as they may be written. */
export const writtenLimits = {
  timeout: flowTimeoutSchema,
  concurrency: z.union([
    shortConcurrencySchema.shape.concurrency,
    concurrencySchema.shape.concurrency,
  ]),
  ...orderSchema.shape,
  ...writtenThrottle,
  ...prioritySchema.shape,
  ...projectSchema.shape,
  ...writtenGathers,
  ...queueSchema.shape,
};

/** What limits the runs of a flow. */
export type FlowLimits = Pick<
  Flow,
  | 'totalMs'
  | 'queueMs'
  | 'concurrency'
  | 'order'
  | 'throttle'
  | 'priority'
  | 'project'
  | 'gather'
  | 'queue'
>;

/** The keys of a flow that limit its runs. */
export const LIMIT_KEYS: readonly string[] = Object.keys(writtenLimits);

/** Reads what limits the runs of a flow. What is wrong is left out, and reported. */
export function readLimits(node: YamlMapping, report: Report): FlowLimits {
  return {
    ...readFlowTimeout(node, report),
    concurrency: readConcurrency(node, report),
    order: readOrder(node, report),
    throttle: readThrottle(node, 'a flow', report),
    priority: readKey(prioritySchema, 'priority', { node, report })?.priority,
    project: readKey(projectSchema, 'project', { node, report })?.project,
    gather: readGather(node, 'a flow', report),
    queue: readQueueLimit(node, report),
  };
}

function readConcurrency(node: YamlMapping, report: Report): Concurrency | undefined {
  const isLong = valueOf(node, 'concurrency')?.kind === 'mapping';
  const schema = isLong ? concurrencySchema : shortConcurrencySchema;
  const written = readKey<WrittenConcurrency>(schema, 'concurrency', { node, report });
  if (written === undefined) return undefined;
  const { key: text, limit: runs, on_full: onFull = 'queue' } = written.concurrency;
  const at = placeAt(node, ['concurrency', 'key']);
  return { key: parseKey(text, at, report), limit: runs, onFull };
}

interface WrittenConcurrency {
  readonly concurrency: {
    readonly key?: string | undefined;
    readonly limit: number;
    readonly on_full?: OnFull | undefined;
  };
}

/** Reads the `throttle` of a flow or a source; undefined where it is not written, or wrong. */
export function readThrottle(
  node: YamlMapping,
  what: string,
  report: Report,
): Throttle | undefined {
  const written = readKey(throttleSchema, 'throttle', { node, report, what });
  if (written === undefined) return undefined;
  const { key: text, limit: starts, per } = written.throttle;
  const at = placeAt(node, ['throttle', 'key']);
  return { key: parseKey(text, at, report), limit: starts, perMs: per };
}

function readOrder(node: YamlMapping, report: Report): FlowLimits['order'] {
  const written = readKey(orderSchema, 'order', { node, report });
  return parseKey(written?.order, placeAt(node, ['order']), report);
}

interface LimitPlace {
  readonly node: YamlMapping;
  readonly report: Report;
  /** What has the limit; a flow where it is left out. */
  readonly what?: string;
}

/** What the schema makes of the mapping's one key; undefined where it is not written, or wrong. */
function readKey<T>(
  schema: z.ZodType<T>,
  name: string,
  { node, report, what = 'a flow' }: LimitPlace,
): T | undefined {
  if (!node.entries.has(name)) return undefined;
  return readWith(schema, pick(node, [name]), { report, what });
}
