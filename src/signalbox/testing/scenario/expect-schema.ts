import { z, type ZodType } from 'zod';
import { expressionSchema } from '../../../flows/parse/condition.ts';
import { durationSchema } from '../../../flows/parse/duration-schema.ts';
import { typeSchema } from '../../../flows/parse/trigger.ts';
import { END_STATES, OPEN_STATES } from '../../../store/contract.ts';
import type { Wanted } from './scenario.ts';

/** What is written of something that is expected. */
export interface WrittenExpectation extends Omit<Wanted, 'where'> {
  readonly by?: number | undefined;
  readonly count?: number | undefined;
  readonly where?: string | undefined;
}

const more = {
  by: durationSchema.optional(),
  count: z.int().min(0).optional(),
  where: expressionSchema.optional(),
};
const text = z.string().min(1);

const event = z
  .strictObject({ event: typeSchema, ...more })
  .transform(({ event: name, ...rest }): WrittenExpectation => ({ what: 'event', name, ...rest }));

const run = z
  .strictObject({
    run: text,
    state: z.enum([...OPEN_STATES, ...END_STATES]).optional(),
    ...more,
  })
  .transform(({ run: name, ...rest }): WrittenExpectation => ({ what: 'run', name, ...rest }));

const effect = z
  .strictObject({ effect: text, step: text.optional(), ...more })
  .transform(({ effect: name, ...rest }): WrittenExpectation => {
    return { what: 'effect', name, ...rest };
  });

/** How each thing is written that may be expected, by the key that says what it is. */
export const EXPECTED: ReadonlyMap<string, ZodType<WrittenExpectation>> = new Map<
  string,
  ZodType<WrittenExpectation>
>([
  ['event', event],
  ['run', run],
  ['effect', effect],
]);

/** What conditions may look at, by what they are about. */
export const EXPECTED_NAMES: Readonly<Record<Wanted['what'], readonly string[]>> = {
  event: ['event', 'payload'],
  run: ['run'],
  effect: ['effect'],
};

/** What a later version brings. */
export const LATER_EXPECTED: ReadonlySet<string> = new Set(['proposal']);
