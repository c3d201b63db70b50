import { z } from 'zod';
import type { QueueLimit, QueueOverflow } from '../flow.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { pick, type YamlMapping } from './yaml-node.ts';

/** The most that a queue's limit may allow. */
const QUEUE_LIMIT_MAX = 10_000_000;

/** How many may wait. */
export const queueLimitSchema = z.int().min(1).max(QUEUE_LIMIT_MAX);

/** What becomes of one too many; `spill` is another word for `queue`. */
export const queueOverflowSchema = z
  .enum(['queue', 'spill', 'error', 'drop'])
  .transform((word): QueueOverflow => (word === 'spill' ? 'queue' : word));

/** What a flow says of how many of its runs may wait. */
export const queueSchema = z.strictObject({
  queue_limit: queueLimitSchema.optional(),
  queue_overflow: queueOverflowSchema.optional(),
});

const QUEUE_KEYS: readonly string[] = Object.keys(queueSchema.shape);

/** How many runs of a flow may wait; undefined where it does not say, or what is wrong. */
export function readQueueLimit(node: YamlMapping, report: Report): QueueLimit | undefined {
  if (!QUEUE_KEYS.some((key) => node.entries.has(key))) return undefined;
  const written = readWith(queueSchema, pick(node, QUEUE_KEYS), { report, what: 'a flow' });
  return written && { limit: written.queue_limit, overflow: written.queue_overflow };
}
