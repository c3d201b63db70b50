import type { FastifyRequest } from 'fastify';
import { z, type ZodObject } from 'zod';
import { patternProblem } from '../events/pattern.ts';
import { suggestion } from '../std/diagnostics.ts';
import { HttpError } from '../std/http/http-error.ts';

/** A whole number in a query, from `min` to `max`. */
export function wholeNumber(min: number, max: number): z.ZodType<number, string> {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

/** `true` or `false` in a query. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** A seq in a query. */
export const seq = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** A type in a query, or the beginning of one with a `*` at its end. */
export const typePattern = z.string().refine((text) => patternProblem(text) === undefined, {
  error: 'must be a type, or the beginning of one with a "*" at its end',
});

/** How many items a page may have, and has where the query does not say. */
export const pageLimit = wholeNumber(1, 1_000).default(100);

/**
 * The query of a request.
 *
 * @throws HttpError `request.bad_query` naming the parameter and what it may be.
 */
export function readQuery<Schema extends ZodObject>(
  schema: Schema,
  request: FastifyRequest,
): z.output<Schema> {
  const result = schema.safeParse(request.query);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const [name = ''] = issue.keys;
    const hint = suggestion(name, Object.keys(schema.shape)) || '.';
    throw badQuery(`There is no parameter "${name}"${hint}`);
  }
  throw badQuery(`"${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'is not allowed'}.`);
}

function badQuery(message: string): HttpError {
  return new HttpError('request.bad_query', message, { status: 400 });
}
