import { z } from 'zod';
import { parseDuration } from '../../std/duration.ts';

const UNITS = 'needs a unit, as in "500ms", "30s", "5m" or "1h30m"';

/** A duration as it is written, such as `1h30m`; its output is milliseconds. */
export const durationSchema = z.string({ error: UNITS }).transform((text, context): number => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: UNITS });
  return z.NEVER;
});

/** A duration that something takes: not nothing. */
export const spanSchema = durationSchema.refine((ms) => ms > 0, 'must be longer than nothing');
