import { z } from 'zod';
import type { Flow } from '../flow.ts';
import { spanSchema } from './duration-schema.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { pick, valueOf, type YamlMapping } from './yaml-node.ts';

const span = spanSchema.optional();

/** `timeout: 1h` is the time of the whole run. */
const shortSchema = z
  .strictObject({ timeout: span })
  .transform(({ timeout }): FlowTimeouts => ({ totalMs: timeout }));

const spansSchema = z
  .strictObject({ total: span, queue: span })
  .refine((spans) => Object.keys(spans).length > 0, {
    message: 'needs "total", "queue" or both',
    // Of a key that is unknown it has been said what was meant.
    when: ({ issues }) => issues.length === 0,
  });

const longSchema = z
  .strictObject({ timeout: spansSchema })
  .transform(({ timeout }): FlowTimeouts => ({ totalMs: timeout.total, queueMs: timeout.queue }));

/** The `timeout` of a flow as it may be written. */
export const flowTimeoutSchema = z.union([spanSchema, spansSchema]);

/** How long a run may take, and may wait, as far as it is written. */
export type FlowTimeouts = Pick<Flow, 'totalMs' | 'queueMs'>;

/** Reads the `timeout` of a flow; undefined where it is wrong, which is reported. */
export function readFlowTimeout(node: YamlMapping, report: Report): FlowTimeouts | undefined {
  const schema = valueOf(node, 'timeout')?.kind === 'mapping' ? longSchema : shortSchema;
  const reading = { report, what: 'a flow', elsewhere };
  return readWith<FlowTimeouts>(schema, pick(node, ['timeout']), reading);
}

function elsewhere(key: string): string | undefined {
  return key === 'attempt' ? 'it belongs to the "timeout" of a step' : undefined;
}
