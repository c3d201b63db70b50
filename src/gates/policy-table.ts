import { z } from 'zod';
import { compileCondition, type Condition } from '../flows/condition.ts';
import type { Names } from '../flows/names.ts';
import type { Path } from '../flows/path.ts';
import type { Scope } from '../flows/scope.ts';
import { IDENTITY_NAME } from '../identity/people.ts';
import { messageOf } from '../std/errors.ts';
import type { Json } from '../std/json.ts';
import type { ToolRisk } from '../flows/tool.ts';

/** How many policies a configuration may have. */
export const POLICIES_MAX = 100;
const NOTIFY_MAX = 32;
const CONDITION_LENGTH_MAX = 4_096;
const FALL_BACK_AFTER = 2;
const FALL_BACK_AFTER_MAX = 100;

/** What a policy says where its condition holds. */
export type PolicyAnswer = 'approve' | 'ask' | 'reject';

/** One line of the table: the first whose condition holds is the one that counts. */
export interface Policy {
  readonly name: string;
  readonly condition: Condition;
  readonly answer: PolicyAnswer;
  /** Whether its condition asks where the event came from: else it answers no tainted step. */
  readonly knowsTrust: boolean;
  /** The fields of the proposal that its condition reads. */
  readonly reads: readonly string[];
}

/** `gates` of a configuration: who is asked about what. */
export interface PolicyTable {
  /** Where the configuration says it: risk below it is approved, also where a gate is written. */
  readonly threshold?: ToolRisk | undefined;
  readonly policies: readonly Policy[];
  /** After how many failures in a row a flow asks until it succeeds; 0 never. */
  readonly fall_back_after: number;
  /** Channels and people that hear of every proposal, beside its approvers. */
  readonly notify?: readonly string[] | undefined;
  /** Where people reach this daemon, for the links that they are sent. */
  readonly url?: string | undefined;
}

/** What the condition of a policy may look at. */
const PROPOSAL_NAMES: Names = { known: ['proposal'], steps: [], place: 'in a policy' };

const policySchema = z
  .strictObject({
    name: z.string().regex(IDENTITY_NAME, 'is letters, digits, ".", "_" and "-", at most 64'),
    if: z.string({ error: 'must be a CEL expression, as text' }).max(CONDITION_LENGTH_MAX),
    then: z.enum(['approve', 'ask', 'reject']),
  })
  .transform(({ name, if: text, then: answer }, context): Policy => {
    const compiled = compileCondition(text, PROPOSAL_NAMES);
    if (compiled.kind === 'compiled') return policyOf(name, compiled.value, answer);
    for (const { code, message } of compiled.problems) {
      context.addIssue({ code: 'custom', path: ['if'], message, params: { code } });
    }
    return z.NEVER;
  });

/** `gates` of the configuration, checked at load. */
export const gatesSchema = z
  .strictObject({
    threshold: z.enum(['low', 'medium', 'high']).optional(),
    policies: z
      .array(policySchema)
      .max(POLICIES_MAX)
      .superRefine((policies, context) => {
        policies.forEach(({ name }, at) => {
          if (policies.findIndex((other) => other.name === name) === at) return;
          const message = `there is another policy "${name}"; decisions are recorded by this name`;
          context.addIssue({ code: 'custom', path: [at, 'name'], message });
        });
      })
      .readonly()
      .default([]),
    fall_back_after: z.int().min(0).max(FALL_BACK_AFTER_MAX).default(FALL_BACK_AFTER),
    notify: z.array(z.string().min(1).max(255)).max(NOTIFY_MAX).readonly().optional(),
    url: z
      .url({
        protocol: /^https?$/,
        error: 'is an address such as https://signalbox.example.org, where people reach it',
      })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
  })
  .readonly();

function policyOf(name: string, condition: Condition, answer: PolicyAnswer): Policy {
  const paths = condition.reads?.() ?? [];
  const reads = paths.flatMap(fieldOf);
  return { name, condition, answer, reads, knowsTrust: reads.includes('trust') };
}

function fieldOf([name, field]: Path): string[] {
  return name === 'proposal' && typeof field === 'string' ? [field] : [];
}

/** What came of asking the table. */
export type TableAnswer =
  | { readonly kind: 'answered'; readonly policy: Policy }
  /** A condition has no value for this proposal, so nobody knows what the table says. */
  | { readonly kind: 'broken'; readonly policy: Policy; readonly problem: string }
  | { readonly kind: 'silent' };

/**
 * The first policy whose condition holds. One that approves and looks at a list which the proposal
 * leaves empty says nothing about it, since all of nothing is true.
 */
export function askTable(
  policies: readonly Policy[],
  proposal: { readonly [field: string]: Json },
): TableAnswer {
  const scope: Scope = { get: (name) => (name === 'proposal' ? proposal : undefined) };
  for (const policy of policies) {
    if (policy.answer === 'approve' && policy.reads.some((field) => isEmptyList(proposal[field])))
      continue;
    try {
      if (policy.condition.test(scope)) return { kind: 'answered', policy };
    } catch (error) {
      return { kind: 'broken', policy, problem: messageOf(error) };
    }
  }
  return { kind: 'silent' };
}

function isEmptyList(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length === 0;
}
