import { formatDuration } from '../std/duration.ts';
import type { ProposalState } from '../gates/proposal.ts';
import type { ProposalView } from '../views/proposal-view.ts';
import { connect, connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument } from './output.ts';
import { collect } from './pages.ts';
import { contentLine, proposalLines } from './proposal-text.ts';
import { type Column, renderTable } from './table.ts';
import { noProposal } from './unknown-proposal.ts';

/** The flags of `proposals ls`. */
export interface ProposalsFlags extends Globals {
  readonly state?: ProposalState | 'all' | undefined;
  readonly limit?: number | undefined;
}

const COUNT = 20;

/** Lists what waits for somebody to say yes, newest first; with an id it shows that one. */
export async function listProposals(
  this: CliContext,
  flags: ProposalsFlags,
  id?: string,
): Promise<void> {
  if (id !== undefined) return showProposal.call(this, flags, id);
  const { state: asked = 'open', limit = COUNT } = flags;
  const state = asked === 'all' ? undefined : asked;
  const items = await using(await connect(this, flags), ({ proposals }) =>
    collect(limit, (size, after: string | undefined) =>
      proposals.list({ state, limit: size, after }),
    ),
  );
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items });
  if (items.length === 0) return this.terminal.note(`No ${asked} proposals.\n`);
  const now = this.clock.now();
  await this.terminal.print(renderTable(items, columns(now), this.terminal));
}

/** Shows one proposal: what would run, whole and with every character visible. */
export async function showProposal(this: CliContext, flags: Globals, id: string): Promise<void> {
  const found = await using(await connect(this, flags), ({ proposals }) => proposals.find(id));
  if (found === undefined) throw noProposal(id);
  if (wantsJson(this, flags)) return printDocument(this.terminal, found);
  await this.terminal.print(`${proposalLines(found, this.terminal).join('\n')}\n`);
}

/** The flags of `proposals link`. */
export interface LinkFlags extends Globals {
  readonly person?: string | undefined;
  readonly expires?: string | undefined;
}

/** Prints a link by which one person decides on exactly what the proposal is now. */
export async function linkProposal(this: CliContext, flags: LinkFlags, id: string): Promise<void> {
  const { person, expires } = flags;
  const client = await connectToDaemon(this, flags);
  const made = await using(client, () => client.proposals.link(id, { person, expires }));
  const url = `${client.url ?? ''}${made.path}`;
  if (wantsJson(this, flags)) return printDocument(this.terminal, { ...made, url });
  await this.terminal.print(`${url}\n`);
  this.terminal.note(`for ${made.person}, until ${formatTime(made.expires)}\n`);
}

function columns(now: number): readonly Column<ProposalView>[] {
  return [
    { head: 'ID', cell: ({ id }) => id },
    { head: 'WHEN', cell: ({ opened }) => formatTime(opened) },
    { head: 'STATE', cell: ({ state }) => state },
    { head: 'RISK', cell: ({ risk }) => risk },
    { head: 'FLOW', cell: ({ flow }) => flow, shrinks: true },
    { head: 'STEP', cell: ({ step }) => step, shrinks: true },
    { head: 'WAITS FOR', cell: waitsFor, shrinks: true },
    { head: 'EXPIRES', cell: ({ expires, state }) => leftOf(expires, state, now) },
    { head: 'WHAT', cell: ({ content }) => contentLine(content), shrinks: true },
  ];
}

function waitsFor({ state, approvers, quorum, approved }: ProposalView): string {
  if (state !== 'open') return '';
  const whom = approvers.length === 0 ? 'anybody who may decide' : approvers.join(', ');
  return quorum === 1 ? whom : `${whom} (${approved.length} of ${quorum})`;
}

function leftOf(expires: string | null, state: ProposalState, now: number): string {
  if (expires === null || state !== 'open') return '';
  const left = Date.parse(expires) - now;
  return left <= 0 ? 'now' : `in ${formatDuration(Math.ceil(left / 1_000) * 1_000)}`;
}
