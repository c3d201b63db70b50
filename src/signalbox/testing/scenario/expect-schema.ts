import { z, type ZodType } from 'zod';
import { NOTIFICATION_STATES } from '../../../channels/notification.ts';
import { URGENCIES } from '../../../channels/urgency.ts';
import { INCIDENT_STATES, LEVELS } from '../../../coordination/incident.ts';
import { expressionSchema } from '../../../flows/parse/condition.ts';
import { durationSchema } from '../../../flows/parse/duration-schema.ts';
import { typeSchema } from '../../../flows/parse/trigger.ts';
import { PROPOSAL_STATES } from '../../../gates/proposal.ts';
import { RISK_LEVELS } from '../../../gates/risk.ts';
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

const proposal = z
  .strictObject({
    proposal: text,
    step: text.optional(),
    state: z.enum(PROPOSAL_STATES).optional(),
    risk: z.enum(RISK_LEVELS).optional(),
    ...more,
  })
  .transform(({ proposal: name, ...rest }): WrittenExpectation => {
    return { what: 'proposal', name, ...rest };
  });

const incident = z
  .strictObject({
    incident: text,
    state: z.enum(INCIDENT_STATES).optional(),
    level: z.enum(LEVELS).optional(),
    ...more,
  })
  .transform(({ incident: name, ...rest }): WrittenExpectation => {
    return { what: 'incident', name, ...rest };
  });

const notification = z
  .strictObject({
    notification: text,
    to: z.string().optional(),
    urgency: z.enum(URGENCIES).optional(),
    state: z.enum(NOTIFICATION_STATES).optional(),
    ...more,
  })
  .transform(({ notification: name, ...rest }): WrittenExpectation => {
    return { what: 'notification', name, ...rest };
  });

/** How each thing is written that may be expected, by the key that says what it is. */
export const EXPECTED: ReadonlyMap<string, ZodType<WrittenExpectation>> = new Map<
  string,
  ZodType<WrittenExpectation>
>([
  ['event', event],
  ['run', run],
  ['effect', effect],
  ['proposal', proposal],
  ['incident', incident],
  ['notification', notification],
]);

/** What conditions may look at, by what they are about. */
export const EXPECTED_NAMES: Readonly<Record<Wanted['what'], readonly string[]>> = {
  event: ['event', 'payload'],
  run: ['run'],
  effect: ['effect'],
  proposal: ['proposal'],
  incident: ['incident'],
  notification: ['notification'],
};
