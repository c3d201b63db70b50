import { z } from 'zod';
import { DEFAULT_RETRY, type RetryPolicy } from '../flow.ts';
import { durationSchema } from './duration-schema.ts';
import { failureNamesSchema } from './failure-names.ts';

const ATTEMPTS_MAX = 1_000;
const FACTOR_MAX = 100;

/**
 * `retry: {attempts, delay, factor, max_delay, retry_on, never_on}`; what is left out is as in
 * `DEFAULT_RETRY`.
 */
export const retrySchema = z
  .strictObject({
    attempts: z.int().min(1).max(ATTEMPTS_MAX).optional(),
    delay: durationSchema.optional(),
    factor: z.number().min(1).max(FACTOR_MAX).optional(),
    max_delay: durationSchema.optional(),
    retry_on: failureNamesSchema.optional(),
    never_on: failureNamesSchema.optional(),
  })
  .transform((written): RetryPolicy => {
    const delayMs = written.delay ?? DEFAULT_RETRY.delayMs;
    return {
      attempts: written.attempts ?? DEFAULT_RETRY.attempts,
      delayMs,
      factor: written.factor ?? DEFAULT_RETRY.factor,
      // A delay that was asked for is not cut by a bound that was not.
      delayMsMax: written.max_delay ?? Math.max(delayMs, DEFAULT_RETRY.delayMsMax),
      retryOn: written.retry_on,
      neverOn: written.never_on,
    };
  });
