import { z, type ZodType } from 'zod';
import { typeSchema } from '../../../flows/parse/trigger.ts';
import { durationSchema, spanSchema } from '../../../flows/parse/duration-schema.ts';
import type { Json } from '../../../std/json.ts';
import type { Given } from './scenario.ts';

const json = z.custom<Json>(() => true);
const text = z.string();
const at = durationSchema.default(0);

const emit = z
  .strictObject({
    at,
    emit: typeSchema.refine((type) => !type.includes('*'), 'names one type, without "*"'),
    data: json.default(null),
    id: text.optional(),
    subject: text.optional(),
    source: text.optional(),
    correlation: text.optional(),
  })
  .transform(({ at: atMs, emit: type, data, correlation: correlationid, ...rest }): Given => {
    return { atMs, kind: 'emit', type, data, attributes: { ...rest, correlationid } };
  });

const webhook = z
  .strictObject({
    at,
    webhook: text.refine((path) => path.startsWith('/'), 'is a path such as /hooks/deploy'),
    headers: z.record(text, text).default({}),
    body: json.default(null),
  })
  .transform(({ at: atMs, webhook: path, headers, body }): Given => {
    const low = Object.entries(headers).map(
      ([name, value]) => [name.toLowerCase(), value] as const,
    );
    return { atMs, kind: 'webhook', path, headers: Object.fromEntries<string>(low), body };
  });

const file = z
  .strictObject({
    at,
    file: z.union([text.transform((path) => [path]), z.array(text).min(1)]),
    change: z.enum(['create', 'modify', 'delete']).default('modify'),
  })
  .transform(({ at: atMs, file: paths, change }): Given => {
    return { atMs, kind: 'file', paths, change };
  });

const trigger = z
  .strictObject({ at, trigger: text, data: json.default(null) })
  .transform(({ at: atMs, trigger: flow, data }): Given => ({ atMs, kind: 'trigger', flow, data }));

const restart = z
  .strictObject({ at, restart: z.literal(true) })
  .transform(({ at: atMs }): Given => ({ atMs, kind: 'restart', downMs: 0 }));

const down = z
  .strictObject({ at, down: spanSchema })
  .transform(({ at: atMs, down: downMs }): Given => ({ atMs, kind: 'restart', downMs }));

/** How each thing is written that may be given, by the key that says what it is. */
export const GIVEN: ReadonlyMap<string, ZodType<Given>> = new Map<string, ZodType<Given>>([
  ['emit', emit],
  ['file', file],
  ['webhook', webhook],
  ['trigger', trigger],
  ['restart', restart],
  ['down', down],
]);

/** What a later version brings. */
export const LATER_GIVEN: ReadonlySet<string> = new Set([
  'approve',
  'beat',
  'reject',
  'return',
  'task',
]);
