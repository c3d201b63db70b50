import type { ActionStep } from '../flows/flow.ts';
import { render } from '../flows/template.ts';
import type { Binding, Proposed } from '../gates/content.ts';
import {
  columnsOf,
  type Decided,
  encodeProposal,
  evolveProposal,
  opened,
  type Proposal,
  type ProposalEvent,
  type ProposalOpened,
  proposalOf,
} from '../gates/proposal.ts';
import type { Verdict } from '../gates/verdict.ts';
import { messageOf } from '../std/errors.ts';
import type { Json } from '../std/json.ts';
import type { EntityRow, EntityWrite } from '../store/entity.ts';
import { type Cause, ownRecord } from '../store/record.ts';
import type { Motion } from './motion.ts';

/** Earlier steps that stand in the evidence, and how much of what each gave. */
const EVIDENCE_STEPS_MAX = 20;
const EVIDENCE_LENGTH_MAX = 1_000;

/** An input of a step, and what it would do. */
export interface BoundInput extends Proposed, Binding {
  readonly input: Json;
}

/** What a proposal is opened with. */
export interface Opening {
  readonly bound: BoundInput;
  readonly verdict: Verdict;
  /** Engine time. */
  readonly now: number;
  readonly proposers: readonly string[];
  /** The proposal whose place it takes. */
  readonly replaced: EntityRow | undefined;
}

/** The first record of a proposal of a step at which a run stands. */
export function openingOf(motion: Motion, step: ActionStep, opening: Opening): ProposalOpened {
  const { bound, verdict, now, proposers, replaced } = opening;
  const { gate } = step;
  const { risk, reasons } = verdict;
  return {
    type: 'proposal.opened',
    run: motion.shownId,
    flow: motion.flow.name,
    step: step.id,
    canonical: bound.canonical,
    hash: bound.hash,
    input: bound.input,
    unbound: bound.unbound,
    summary: summaryOf(motion, step, now),
    risk,
    reasons,
    evidence: evidenceOf(motion),
    approvers: gate?.approvers ?? [],
    quorum: gate?.quorum ?? 1,
    expires: gate?.expiresMs === undefined ? null : now + gate.expiresMs,
    on_expire: gate?.onExpire ?? 'reject',
    proposers,
    remind: gate?.remindMs ?? null,
    escalate: gate?.escalate ?? [],
    replaces: replaced?.id ?? null,
    decided: decidedBy(verdict, now),
  };
}

/** The write that opens a proposal of a run. */
export function proposalOpening(
  motion: Motion,
  event: ProposalOpened,
  received: number,
): EntityWrite {
  const { correlation, hops } = motion.run;
  const cause = { correlation, causation: motion.id, hops };
  const record = ownRecord(event.type, encodeProposal(event), received, cause);
  const row = columnsOf(opened(event), { run: motion.id, received });
  const subject = motion.flow.name;
  return {
    kind: 'entity',
    entity: null,
    expectedVersion: null,
    record: { ...record, subject },
    row,
  };
}

/** The next record of a proposal, and its row behind it. */
export function proposalMove(
  row: EntityRow,
  event: ProposalEvent,
  { received, cause }: { readonly received: number; readonly cause: Cause },
): EntityWrite {
  const proposal: Proposal = evolveProposal(proposalOf(row), event);
  const record = ownRecord(event.type, encodeProposal(event), received, cause);
  return {
    kind: 'entity',
    entity: row.id,
    expectedVersion: row.version,
    record: { ...record, subject: proposal.flow },
    row: columnsOf(proposal, { run: row.run, received }),
  };
}

/** Whom a run waits for, as the end of a sentence. */
export function waitsForText({ approvers, quorum, expires }: ProposalOpened): string {
  const whom = approvers.length === 0 ? 'whoever may decide' : approvers.join(', ');
  const many = quorum > 1 ? `, ${quorum} of them` : '';
  const until = expires === null ? '' : `, until ${new Date(expires).toISOString()}`;
  return `waits for approval by ${whom}${many}${until}`;
}

function decidedBy({ verdict, policy }: Verdict, at: number): Decided | null {
  if (verdict === 'ask') return null;
  return { by: `policy:${policy ?? ''}`, at, decision: verdict, reason: null, policy };
}

/** What the flow's author says of it; what has no value is told, and keeps nobody from deciding. */
function summaryOf(motion: Motion, { gate }: ActionStep, now: number): string | null {
  if (gate?.proposal === undefined) return null;
  try {
    const text = render(gate.proposal, motion.scope(now));
    return typeof text === 'string' ? text : JSON.stringify(text);
  } catch (error) {
    return `(${messageOf(error)})`;
  }
}

/** What led to the proposal: the run's event, and what the steps before have given. */
function evidenceOf({ event, story }: Motion): Json[] {
  const { id, type, source, trust, actor = null } = event;
  const steps = [...story.outputs].slice(-EVIDENCE_STEPS_MAX);
  const given = steps.map(([step, output]) => {
    const text = JSON.stringify(output);
    const cut = text.length > EVIDENCE_LENGTH_MAX;
    const shown = cut ? `${text.slice(0, EVIDENCE_LENGTH_MAX)}…` : output;
    return { kind: 'step', step, output: shown };
  });
  return [{ kind: 'event', id, type, source, trust, actor }, ...given];
}
