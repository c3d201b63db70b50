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
  sequence: z.strictObject({ sequence: membersSchema, ...windowed }),
  all: z.strictObject({ all: membersSchema, ...windowed }),
  any: z.strictObject({ any: z.array(memberSchema).min(1).max(ALTERNATIVES_MAX), where }),
  count: z.strictObject({
    count: z.int().min(2).max(PATTERN_COUNT_MAX),
    of: memberSchema,
    ...windowed,
  }),
  absent: z.strictObject({ absent: memberSchema, after: namedSchema, ...windowed }),
};

type WrittenKind = keyof typeof writtenPatterns;
const KINDS = Object.keys(writtenPatterns) as WrittenKind[];
/** Keys of a pattern beside the one that says its kind. */
const BESIDE: ReadonlySet<string> = new Set(['of', 'after', 'within', 'by']);

/** Whether a trigger is meant as a pattern over time. */
export function isPattern(node: YamlNode): node is YamlMapping {
  if (node.kind !== 'mapping' || node.entries.has('event')) return false;
  return [...KINDS, ...BESIDE].some((key) => node.entries.has(key));
}

/** A member as it is written. */
type WrittenMember = z.output<typeof namedSchema>;

/** What is written of a pattern, whatever its kind. */
interface Written {
  readonly kind: WrittenKind;
  readonly members: readonly WrittenMember[];
  /** Where each member stands. */
  readonly paths: readonly (readonly PropertyKey[])[];
  readonly count: number;
  readonly within?: number | undefined;
  readonly by?: string | undefined;
  readonly where?: string | undefined;
}

/**
 * Reads a pattern over time: a trigger for each of its members, which know it by `over`; of `any`,
 * plain triggers. None where it is wrong, all of which is reported.
 */
export function parsePattern(node: YamlMapping, context: ParseContext): readonly Trigger[] {
  const written = readPattern(node, context);
  if (written === undefined) return [];
  const { kind, members, paths } = written;
  const outer = readOuter(written, node, context);
  const key = readBy(written, node, context);
  checkNames(written, node, context);
  const triggers = members.flatMap((member, place) => {
    const at = placeAt(node, paths[place] ?? []);
    return readMember(member, { at, outer: outer?.condition, context }) ?? [];
  });
  if (triggers.length < members.length || outer === undefined || key === undefined) return [];
  if (kind === 'any') return triggers;
  const pattern = patternOf({ ...written, kind }, triggers, key.key);
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
  const schema = writtenPatterns[kind] as ZodType<WrittenKeys>;
  const elsewhere = (key: string): string | undefined =>
    kind === 'any' && BESIDE.has(key) ? AT_ONCE : undefined;
  const keys = readWith(schema, node, { report, what: `"${kind}"`, elsewhere });
  if (keys === undefined) return undefined;
  const { within, by, where: outer } = keys;
  return { kind, within, by, where: outer, ...membersOf(kind, keys) };
}

const AT_ONCE = 'each event of an "any" starts a run at once, so there is nothing to wait for';

/** The keys of all kinds. */
interface WrittenKeys {
  readonly sequence?: readonly WrittenMember[];
  readonly all?: readonly WrittenMember[];
  readonly any?: readonly WrittenMember[];
  readonly count?: number;
  readonly of?: WrittenMember;
  readonly absent?: WrittenMember;
  readonly after?: WrittenMember;
  readonly within?: number;
  readonly by?: string;
  readonly where?: string;
}

function membersOf(
  kind: WrittenKind,
  keys: WrittenKeys,
): Pick<Written, 'members' | 'paths' | 'count'> {
  if (kind === 'count') {
    const { count = 0, of = '' } = keys;
    return { members: [of], paths: [['of']], count };
  }
  if (kind === 'absent') {
    const { after = '', absent = '' } = keys;
    return { members: [after, absent], paths: [['after'], ['absent']], count: 2 };
  }
  const members = keys[kind] ?? [];
  return { members, paths: members.map((_, place) => [kind, place]), count: members.length };
}

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

function readMember(member: WrittenMember, place: MemberPlace): Trigger | undefined {
  const { at, outer, context } = place;
  const { report, mentions } = context;
  const { as: _, where: text, own, ...pattern } = mappingOf(member);
  mentions.listened.push({ type: pattern.event, at, report, flow: context.flow });
  const trigger = own === undefined ? { pattern } : { pattern, own };
  if (text === undefined) return outer === undefined ? trigger : { ...trigger, where: outer };
  const inner = parseCondition(text, { at, names: TRIGGER_NAMES }, report);
  if (inner === undefined || outer === undefined) return inner && { ...trigger, where: inner };
  const joined = `(${outer.text}) && (${text})`;
  const both = parseCondition(joined, { at, names: TRIGGER_NAMES }, report);
  return both && { ...trigger, where: both };
}

function mappingOf(member: WrittenMember): Exclude<WrittenMember, string> {
  return typeof member === 'string' ? { event: member } : member;
}

function checkNames({ members, paths }: Written, node: YamlMapping, context: ParseContext): void {
  const taken = new Set<string>();
  for (const [place, member] of members.entries()) {
    const as = nameOf(member);
    if (as === undefined) continue;
    if (taken.has(as)) {
      const message = `another member is called "${as}" already; choose another name`;
      const at = placeAt(node, [...(paths[place] ?? []), 'as']);
      context.report({ at, code: 'config.duplicate', message });
    }
    taken.add(as);
  }
}

function nameOf(member: WrittenMember): string | undefined {
  return mappingOf(member).as;
}

function patternOf(
  { kind, within = 0, count, members: written }: Written & { readonly kind: PatternKind },
  triggers: readonly Trigger[],
  key: Key | undefined,
): TimePattern {
  const members = triggers.map(({ pattern: { event } }, place): PatternMember => {
    const as = nameOf(written[place] ?? '');
    return as === undefined ? { type: event } : { type: event, as };
  });
  const shape = { kind, withinMs: within, count, members };
  const conditions = triggers.map(({ pattern, where: condition, own }) => {
    return [pattern, condition?.text, own];
  });
  const told = JSON.stringify([shape, conditions, key?.text]);
  const id = createHash('sha256').update(told).digest('base64url').slice(0, ID_LENGTH);
  return { id, ...shape, key };
}

/** Characters of a pattern's digest: 96 bits, since it tells the patterns of one flow apart. */
const ID_LENGTH = 16;
