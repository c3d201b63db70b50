import { z } from 'zod';
import { parseDuration } from '../../std/duration.ts';
import { excerpt } from '../cel/messages.ts';

const UNITS = 'needs a unit, as in "500ms", "30s", "5m" or "1h30m"';
const EXAMPLES = 'such as 10m or 1h30m';

/** A duration as it is written, such as `1h30m`; its output is milliseconds. */
export const durationSchema = z
  .string({ error: ({ input }) => problemOf(input) })
  .transform((text, context): number => {
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    context.addIssue({ code: 'custom', message: problemOf(text) });
    return z.NEVER;
  });

/** A duration that something takes: not nothing. */
export const spanSchema = durationSchema.refine((ms) => ms > 0, 'must be longer than nothing');

function problemOf(written: unknown): string {
  if (written === undefined) return `expected a duration ${EXAMPLES}, received undefined`;
  if (typeof written === 'number') return UNITS;
  if (typeof written !== 'string') return `must be a duration ${EXAMPLES}`;
  if (/^\d+(\.\d+)?$/.test(written)) return UNITS;
  return `"${excerpt(written)}" is no duration; write one ${EXAMPLES}`;
}
