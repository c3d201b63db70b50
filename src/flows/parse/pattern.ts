import { createHash } from 'node:crypto';
import { z, type ZodType } from 'zod';
import type { Condition } from '../condition.ts';
import type { Trigger } from '../flow.ts';
import type { Key } from '../key.ts';
import { TRIGGER_NAMES } from '../names.ts';
import type { PatternKind, PatternMember, TimePattern } from '../time-pattern.ts';
import { expressionSchema, parseCondition } from './condition.ts';
import type { ParseContext } from './context.ts';
import { spanSchema } from './duration-schema.ts';
import { parseKey } from './key.ts';
import { readWith } from './schema-reading.ts';
import { triggerSchema, typeSchema } from './trigger.ts';
import { keyPlaceAt, placeAt, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** Members of a `sequence` or an `all`: each event is asked about every one of them. */
export const PATTERN_MEMBERS_MAX = 20;
/** Alternatives of an `any`: as many as a list of triggers may have. */
const ALTERNATIVES_MAX = 100;
/** Events that `count` waits for: as many as a run may see of a window. */
export const PATTERN_COUNT_MAX = 1_000;
/** How long a pattern may wait: about a year. */
const WITHIN_MS_MAX = 366 * 86_400_000;

const NAME_RULE = 'is no name: a letter, then letters, digits and "_", at most 64';
const nameSchema = z.string().regex(/^[A-Za-z]\w{0,63}$/, NAME_RULE);

const memberSchema = z.union([typeSchema, triggerSchema]);
const namedSchema = z.union([typeSchema, triggerSchema.extend({ as: nameSchema.optional() })]);
const membersSchema = z.array(namedSchema).min(2).max(PATTERN_MEMBERS_MAX);

const where = expressionSchema.optional();
const withinSchema = spanSchema.refine((ms) => ms <= WITHIN_MS_MAX, 'must be at most 366d');
const windowed = { within: withinSchema, by: expressionSchema.optional(), where };

/** The patterns over time, each as it may be written. */
export const writtenPatterns = {
  sequence: z
    .strictObject({ sequence: membersSchema, ...windowed })
    .transform(({ sequence, ...rest }) => ofList('sequence', sequence, rest)),
  all: z
    .strictObject({ all: membersSchema, ...windowed })
    .transform(({ all, ...rest }) => ofList('all', all, rest)),
  any: z
    .strictObject({ any: z.array(memberSchema).min(1).max(ALTERNATIVES_MAX), where })
    .transform(({ any, ...rest }) => ofList('any', any, rest)),
  count: z
    .strictObject({
      count: z.int().min(2).max(PATTERN_COUNT_MAX),
      of: memberSchema,
      ...windowed,
    })
    .transform(({ of, ...rest }): Written => {
      return { kind: 'count', members: [{ member: of, path: ['of'] }], ...rest };
    }),
  absent: z
    .strictObject({ absent: memberSchema, after: namedSchema, ...windowed })
    .transform(({ absent, after, ...rest }): Written => {
      const members = [
        { member: after, path: ['after'] },
        { member: absent, path: ['absent'] },
      ];
      return { kind: 'absent', members, count: members.length, ...rest };
    }),
};

type WrittenKind = keyof typeof writtenPatterns;
const KINDS = Object.keys(writtenPatterns) as WrittenKind[];
/** Keys of a pattern beside the one that says its kind. */
const BESIDE: ReadonlySet<string> = new Set(['of', 'after', 'within', 'by']);

/** A member as it is written, and the keys and positions that lead to it. */
interface WrittenMember {
  readonly member: z.output<typeof namedSchema>;
  readonly path: readonly PropertyKey[];
}

/** What is written of a pattern, whatever its kind. */
interface Written {
  readonly kind: PatternKind | 'any';
  readonly members: readonly WrittenMember[];
  readonly count: number;
  /** Of all kinds but `any`. */
  readonly within?: number | undefined;
  readonly by?: string | undefined;
  readonly where?: string | undefined;
}

function ofList(
  kind: 'sequence' | 'all' | 'any',
  list: readonly WrittenMember['member'][],
  rest: Pick<Written, 'within' | 'by' | 'where'>,
): Written {
  const members = list.map((member, place) => ({ member, path: [kind, place] }));
  return { kind, members, count: members.length, ...rest };
}

/** Whether a trigger is meant as a pattern over time. */
export function isPattern(node: YamlNode): node is YamlMapping {
  if (node.kind !== 'mapping' || node.entries.has('event')) return false;
  return [...KINDS, ...BESIDE].some((key) => node.entries.has(key));
}

/**
 * Reads a pattern over time: a trigger for each of its members, which know it by `over`; of `any`,
 * plain triggers. None where it is wrong, all of which is reported.
 */
export function parsePattern(node: YamlMapping, context: ParseContext): readonly Trigger[] {
  const written = readPattern(node, context);
  if (written === undefined) return [];
  const { kind, members } = written;
  const outer = readOuter(written, node, context);
  const key = readBy(written, node, context);
  const isNamed = checkNames(members, node, context);
  const read = members.flatMap(({ member, path }) => {
    const at = placeAt(node, path);
    return readMember(member, { at, outer: outer?.condition, context }) ?? [];
  });
  if (!isNamed || read.length < members.length) return [];
  if (outer === undefined || key === undefined) return [];
  const triggers = read.map(({ trigger }) => trigger);
  if (kind === 'any') return triggers;
  const pattern = patternOf({ ...written, kind }, read, key.key);
  return triggers.map((trigger, place) => ({ ...trigger, over: { pattern, place } }));
}

function readPattern(node: YamlMapping, { report }: ParseContext): Written | undefined {
  const [kind, other] = KINDS.filter((name) => node.entries.has(name));
  if (kind === undefined || other !== undefined) {
    const names = KINDS.map((name) => `"${name}"`).join(', ');
    const message = `a pattern over time has one of ${names}`;
    const at = other === undefined ? node.at : keyPlaceAt(node, [other]);
    report({ at, code: 'config.invalid', message });
    return undefined;
  }
  const schema: ZodType<Written> = writtenPatterns[kind];
  const elsewhere = (key: string): string | undefined =>
    kind === 'any' && BESIDE.has(key) ? AT_ONCE : undefined;
  return readWith(schema, node, { report, what: `"${kind}"`, elsewhere });
}

const AT_ONCE = 'each event of an "any" starts a run at once, so there is nothing to wait for';

/** What all members must fulfil; undefined where it is wrong, which is told once. */
function readOuter(
  { where: text }: Written,
  node: YamlMapping,
  { report }: ParseContext,
): { readonly condition: Condition | undefined } | undefined {
  if (text === undefined) return { condition: undefined };
  const at = placeAt(node, ['where']);
  const condition = parseCondition(text, { at, names: TRIGGER_NAMES }, report);
  return condition && { condition };
}

function readBy(
  { by }: Written,
  node: YamlMapping,
  { report }: ParseContext,
): { readonly key: Key | undefined } | undefined {
  const key = parseKey(by, placeAt(node, ['by']), report);
  return by !== undefined && key === undefined ? undefined : { key };
}

interface MemberPlace {
  readonly at: number;
  readonly outer: Condition | undefined;
  readonly context: ParseContext;
}

/** A member as a trigger, and the name that it has. */
interface ReadMember {
  readonly trigger: Trigger;
  readonly as: string | undefined;
}

function readMember(
  member: WrittenMember['member'],
  { at, outer, context: { report, mentions, flow } }: MemberPlace,
): ReadMember | undefined {
  const { as, where: text, own, ...pattern } = mappingOf(member);
  mentions.listened.push({ type: pattern.event, at, report, flow });
  const trigger = own === undefined ? { pattern } : { pattern, own };
  const place = { at, names: TRIGGER_NAMES };
  if (text !== undefined && parseCondition(text, place, report) === undefined) return undefined;
  const all = [outer?.text, text].filter((each) => each !== undefined);
  if (all.length === 0) return { trigger, as };
  const whole = all.length === 1 ? all.join('') : `(${all.join(') && (')})`;
  const condition = parseCondition(whole, place, report);
  return condition && { trigger: { ...trigger, where: condition }, as };
}

function mappingOf(member: WrittenMember['member']): Exclude<WrittenMember['member'], string> {
  return typeof member === 'string' ? { event: member } : member;
}

/** Whether each name is that of one member; reports where one is that of two. */
function checkNames(
  members: readonly WrittenMember[],
  node: YamlMapping,
  { report }: ParseContext,
): boolean {
  const taken = new Set<string | undefined>();
  let isFine = true;
  for (const { member, path } of members) {
    const { as } = mappingOf(member);
    if (as !== undefined && taken.has(as)) {
      const message = `another member is called "${as}" already; choose another name`;
      report({ at: placeAt(node, [...path, 'as']), code: 'config.duplicate', message });
      isFine = false;
    }
    taken.add(as);
  }
  return isFine;
}

function patternOf(
  { kind, within, count }: Written & { readonly kind: PatternKind },
  read: readonly ReadMember[],
  key: Key | undefined,
): TimePattern {
  const members = read.map(({ trigger: { pattern }, as }): PatternMember => {
    return as === undefined ? { type: pattern.event } : { type: pattern.event, as };
  });
  const shape = { kind, withinMs: Number(within), count, members };
  const conditions = read.map(({ trigger: { pattern, where: condition, own } }) => {
    return [pattern, condition?.text, own];
  });
  const told = JSON.stringify([shape, conditions, key?.text]);
  const id = createHash('sha256').update(told).digest('base64url').slice(0, ID_LENGTH);
  return { id, ...shape, key };
}

/** Characters of a pattern's digest: 96 bits, since it tells the patterns of one flow apart. */
const ID_LENGTH = 16;
