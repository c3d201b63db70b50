import { z } from 'zod';
import { type Gate, RISKS } from '../flow.ts';
import type { Names } from '../names.ts';
import { compileText } from '../template-compiler.ts';
import type { TemplateTree } from '../template.ts';
import type { ParseContext } from './context.ts';
import { spanSchema } from './duration-schema.ts';
import { readWith } from './schema-reading.ts';
import { placeAt, type YamlMapping } from './yaml-node.ts';

/** How many people a gate may ask for, and how many it may name. */
const QUORUM_MAX = 100;
const APPROVERS_MAX = 100;

const names = z.preprocess(
  (written) => (typeof written === 'string' ? [written] : written),
  z.array(z.string().min(1).max(64)).min(1).max(APPROVERS_MAX).readonly(),
);

/** What a gate may say of itself, beside a step or alone. */
export const gateSchema = z
  .strictObject({
    risk: z.enum(RISKS).optional(),
    proposal: z.string().optional(),
    approvers: names.optional(),
    quorum: z.int().min(1).max(QUORUM_MAX).optional(),
    expires: spanSchema.optional(),
    remind: spanSchema.optional(),
    escalate: names.optional(),
    on_expire: z.enum(['reject', 'fail']).optional(),
  })
  .superRefine(({ expires, on_expire: onExpire, remind }, context) => {
    const without = (path: string): void => {
      const message = `"${path}" says what comes of no answer, so "expires" has to say when`;
      context.addIssue({ code: 'custom', path: [path], message });
    };
    if (onExpire !== undefined && expires === undefined) without('on_expire');
    if (expires !== undefined && remind !== undefined && remind >= expires) {
      const message = 'nobody would be reminded: it is not shorter than "expires"';
      context.addIssue({ code: 'custom', path: ['remind'], message });
    }
  });

/** The same as it stands under its key: `gate:` with nothing behind it takes what is usual. */
export const writtenGate = z.preprocess((written) => written ?? {}, gateSchema);

const holderSchema = z.strictObject({ gate: writtenGate });

/** The gate that a step has. */
export interface WrittenGate {
  readonly gate?: Gate | undefined;
}

/** Reads the gate of a step; undefined where it is wrong, all of which is reported. */
export function readGate(
  node: YamlMapping,
  { kind, names: known }: { readonly kind: string; readonly names: Names },
  context: ParseContext,
): WrittenGate | undefined {
  const written = node.entries.get('gate');
  if (written === undefined) return {};
  const own: YamlMapping = { ...node, entries: new Map([['gate', written]]) };
  const what = kind === 'gate' ? 'a gate' : 'the gate of a step';
  // What is wrong with a gate alone is reported where its kind's schema reads it.
  const report = kind === 'gate' ? (): void => {} : context.report;
  const read = readWith(holderSchema, own, { report, what });
  if (read === undefined) return undefined;
  const { gate } = read;
  const { approvers = [], quorum = 1, escalate = [], expires, remind } = gate;
  // A gate that is a step of its own is given its text as that step's input.
  const proposal = kind === 'gate' ? undefined : textOf(node, gate.proposal, known, context);
  return {
    gate: {
      risk: gate.risk,
      proposal,
      approvers,
      quorum,
      expiresMs: expires,
      remindMs: remind,
      escalate,
      onExpire: gate.on_expire ?? 'reject',
    },
  };
}

function textOf(
  node: YamlMapping,
  text: string | undefined,
  known: Names,
  { report, variables }: ParseContext,
): TemplateTree | undefined {
  if (text === undefined) return undefined;
  const at = placeAt(node, ['gate', 'proposal']);
  const { value, problems } = compileText(text, { names: known, variables });
  for (const problem of problems) report({ at, ...problem });
  return value;
}
