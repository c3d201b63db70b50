import { z } from 'zod';
import type { PersonRole } from './roles.ts';

/** How many people a configuration may name. */
const PEOPLE_MAX = 1_000;
const CHANNELS_MAX = 32;

/** What a person or a token may be called: it stands in the log, and before a `#`. */
export const IDENTITY_NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N}._-]{0,62}[\p{L}\p{N}])?$/u;

/** Names that the log uses for somebody else. */
const RESERVED: ReadonlySet<string> = new Set([
  'owner',
  'signalbox',
  'cli',
  'code',
  'api',
  'SIGHUP',
]);

/** Whether a name would be taken for somebody else in the log. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name) || name.startsWith('run:');
}

const personSchema = z
  .strictObject({
    /** The strongest of them counts. */
    roles: z
      .array(z.enum(['viewer', 'operator', 'approver', 'admin']))
      .min(1)
      .readonly(),
    /** How the person is told. */
    channels: z.array(z.string().min(1).max(255)).max(CHANNELS_MAX).readonly().default([]),
  })
  .readonly();

const nameSchema = z
  .string()
  .regex(IDENTITY_NAME, 'is no name of a person: letters, digits, ".", "_" and "-", at most 64')
  .refine((name) => !isReservedName(name), 'is a name that the log uses for somebody else');

/** `people` of the configuration: who there is, by name. */
export const peopleSchema = z
  .record(nameSchema, personSchema)
  .refine((people) => Object.keys(people).length <= PEOPLE_MAX, {
    error: `may name at most ${PEOPLE_MAX} people`,
  })
  .readonly();

/** One person. */
export interface Person {
  readonly roles: readonly PersonRole[];
  readonly channels: readonly string[];
}

/** All of them by their names. */
export type People = Readonly<Record<string, Person>>;

/** The person of that name, whatever names objects are born with. */
export function personOf(people: People, name: string): Person | undefined {
  return Object.hasOwn(people, name) ? people[name] : undefined;
}
