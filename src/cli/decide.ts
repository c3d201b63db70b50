import type { DecisionWord } from '../gates/proposal.ts';
import { SignalboxError } from '../std/errors.ts';
import type { ProposalView } from '../views/proposal-view.ts';
import { askYesNo, canAsk } from './ask.ts';
import { connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { decidedSentence, editedOf, noteAdvisory, showToDecide } from './decision.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';
import { noProposal } from './unknown-proposal.ts';

/** The flags of `approve`, `reject` and `return`. */
export interface DecisionFlags extends Globals {
  readonly hash?: string | undefined;
  readonly reason?: string | undefined;
}

/** The flags of `approve`. */
export interface ApprovalFlags extends DecisionFlags {
  readonly with?: string | undefined;
  /** The answer to a question that offers several. */
  readonly choice?: string | undefined;
}

/**
 * Says yes to exactly what a hash stands for. Without it only a person at a terminal is asked, who
 * sees what would run.
 */
export async function approve(this: CliContext, flags: ApprovalFlags, id: string): Promise<void> {
  return decideOn(this, flags, { id, decision: 'approve' });
}

/** Says no: the run that asks ends as declined. */
export async function reject(this: CliContext, flags: DecisionFlags, id: string): Promise<void> {
  return decideOn(this, flags, { id, decision: 'reject' });
}

/** Gives a proposal back: the step that made it runs again with the reason. */
export async function giveBack(this: CliContext, flags: DecisionFlags, id: string): Promise<void> {
  return decideOn(this, flags, { id, decision: 'return' });
}

async function decideOn(
  context: CliContext,
  flags: ApprovalFlags,
  { id, decision }: { readonly id: string; readonly decision: DecisionWord },
): Promise<void> {
  const edited = editOf(context, flags);
  const daemon = await connectToDaemon(context, flags);
  await using(daemon, async (client) => {
    const found = await client.proposals.find(id);
    if (found === undefined) throw noProposal(id);
    if (decision === 'approve') await noteAdvisory(context, client);
    const hash = flags.hash ?? (await hashSeen(context, { found, decision }));
    if (hash === undefined) return context.terminal.note('Nothing was decided.\n');
    const words = { decision, hash, reason: flags.reason, edited };
    const after = await client.proposals.decide(id, words);
    if (wantsJson(context, flags)) return printDocument(context.terminal, after);
    await context.terminal.print(`${decidedSentence(after)}\n`);
  });
}

/** What a person has looked at; undefined where they would rather not decide. */
async function hashSeen(
  context: CliContext,
  { found, decision }: { readonly found: ProposalView; readonly decision: DecisionWord },
): Promise<string | undefined> {
  // A no is safe whatever the proposal has become since.
  if (decision !== 'approve') return found.hash;
  if (!canAsk(context)) {
    const message =
      `Say which hash you approve: --hash ${found.hash} is what is proposed now. ` +
      'Without it you are asked, and that needs a terminal.';
    throw new SignalboxError('usage.invalid', message);
  }
  await showToDecide(context, found);
  return (await askYesNo(context, 'Approve exactly this?')) ? found.hash : undefined;
}

function editOf(context: CliContext, { with: file, choice }: ApprovalFlags): string | undefined {
  if (file !== undefined) return editedOf(context, file);
  return choice === undefined ? undefined : JSON.stringify({ choice });
}
