import { z } from 'zod';
import { spanSchema } from './duration-schema.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { pick, valueOf, type YamlMapping } from './yaml-node.ts';

const span = spanSchema.optional();

/** `timeout: 5m` is the time of one attempt. */
const shortSchema = z
  .strictObject({ timeout: span })
  .transform(({ timeout }): Timeouts => ({ timeoutMs: timeout }));

const spansSchema = z
  .strictObject({ attempt: span, total: span })
  .refine((spans) => Object.keys(spans).length > 0, {
    message: 'needs "attempt", "total" or both',
    // Of a key that is unknown it has been said what was meant.
    when: ({ issues }) => issues.length === 0,
  })
  .refine(({ attempt = 0, total = Infinity }) => attempt <= total, {
    path: ['attempt'],
    message: 'must not be longer than "total"',
  });

const longSchema = z
  .strictObject({ timeout: spansSchema })
  .transform(({ timeout }): Timeouts => ({ timeoutMs: timeout.attempt, totalMs: timeout.total }));

/** The `timeout` of a step as it may be written. */
export const stepTimeoutSchema = z.union([spanSchema, spansSchema]);

/** How long a step may take, as far as it is written. */
export interface Timeouts {
  readonly timeoutMs?: number | undefined;
  readonly totalMs?: number | undefined;
}

/** Reads the `timeout` of a step; undefined where it is wrong, which is reported. */
export function readTimeout(node: YamlMapping, report: Report): Timeouts | undefined {
  const schema = valueOf(node, 'timeout')?.kind === 'mapping' ? longSchema : shortSchema;
  const reading = { report, what: 'a step', elsewhere };
  return readWith<Timeouts>(schema, pick(node, ['timeout']), reading);
}

function elsewhere(key: string): string | undefined {
  return key === 'queue' ? 'it belongs to the "timeout" of the flow, beside "steps"' : undefined;
}
