import { z, type ZodType } from 'zod';
import { typeSchema } from '../../../flows/parse/trigger.ts';
import { durationSchema, spanSchema } from '../../../flows/parse/duration-schema.ts';
import type { Json } from '../../../std/json.ts';
import { OWNER_NAME } from '../../../gates/decide.ts';
import type { DecisionWord } from '../../../gates/proposal.ts';
import type { GivenDecision, WrittenGiven } from './scenario.ts';

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
  .transform(
    ({ at: atMs, emit: type, data, correlation: correlationid, ...rest }): WrittenGiven => {
      return { atMs, kind: 'emit', type, data, attributes: { ...rest, correlationid } };
    },
  );

const webhook = z
  .strictObject({
    at,
    webhook: text.refine((path) => path.startsWith('/'), 'is a path such as /hooks/deploy'),
    headers: z.record(text, text).default({}),
    body: json.default(null),
  })
  .transform(({ at: atMs, webhook: path, headers, body }): WrittenGiven => {
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
  .transform(({ at: atMs, file: paths, change }): WrittenGiven => {
    return { atMs, kind: 'file', paths, change };
  });

const trigger = z
  .strictObject({
    at,
    trigger: text,
    data: json.default(null),
    interactive: z.boolean().optional(),
  })
  .transform(({ at: atMs, trigger: flow, ...rest }): WrittenGiven => ({
    atMs,
    kind: 'trigger',
    flow,
    ...rest,
  }));

const decisionKeys = {
  at,
  step: text.min(1).optional(),
  by: text.min(1).default(OWNER_NAME),
  reason: text.optional(),
};

const approve = z
  .strictObject({ ...decisionKeys, approve: text.min(1), with: json.optional() })
  .transform(({ approve: flow, with: edited, ...rest }): WrittenGiven => {
    return decided('approve', { ...rest, flow, edited });
  });

const reject = z
  .strictObject({ ...decisionKeys, reject: text.min(1) })
  .transform(({ reject: flow, ...rest }): WrittenGiven => decided('reject', { ...rest, flow }));

const returned = z
  .strictObject({ ...decisionKeys, return: text.min(1), reason: text.min(1) })
  .transform(({ return: flow, ...rest }): WrittenGiven => decided('return', { ...rest, flow }));

function decided(
  decision: DecisionWord,
  { at: atMs, ...said }: Omit<GivenDecision, 'decision'> & { readonly at: number },
): WrittenGiven {
  return { atMs, kind: 'decide', decision, ...said };
}

const restart = z
  .strictObject({ at, restart: z.literal(true) })
  .transform(({ at: atMs }): WrittenGiven => ({ atMs, kind: 'restart', downMs: 0 }));

const down = z
  .strictObject({ at, down: spanSchema })
  .transform(({ at: atMs, down: downMs }): WrittenGiven => ({ atMs, kind: 'restart', downMs }));

/** How each thing is written that may be given, by the key that says what it is. */
export const GIVEN: ReadonlyMap<string, ZodType<WrittenGiven>> = new Map<
  string,
  ZodType<WrittenGiven>
>([
  ['emit', emit],
  ['file', file],
  ['webhook', webhook],
  ['trigger', trigger],
  ['approve', approve],
  ['reject', reject],
  ['return', returned],
  ['restart', restart],
  ['down', down],
]);

/** What a later version brings. */
export const LATER_GIVEN: ReadonlySet<string> = new Set(['beat', 'task']);
