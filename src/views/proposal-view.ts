import type { Bound, BoundFile, Content } from '../gates/content.ts';
import { countedVotes } from '../gates/decide.ts';
import {
  type Decided,
  decodeProposal,
  editedOf,
  type Proposal,
  type ProposalOpened,
  proposalOf,
  type ProposalState,
} from '../gates/proposal.ts';
import type { Risk } from '../flows/flow.ts';
import type { Json } from '../std/json.ts';
import type { LogIdentity, LogRecord, Store } from '../store/contract.ts';
import type { EntityRow } from '../store/entity.ts';
import { idOf } from '../store/record.ts';
import { seqOf } from './log-reader.ts';

/** A proposal as people and programs see it. Times are ISO 8601. */
export interface ProposalView {
  readonly id: string;
  readonly state: ProposalState;
  /** The run that asks; null where none does. */
  readonly run: string | null;
  readonly flow: string;
  readonly step: string;
  /** What would run, or an edited form of it that was approved. */
  readonly content: Content;
  /** SHA-256 of the canonical form: what is decided on. */
  readonly hash: string;
  readonly risk: Risk;
  readonly reasons: readonly string[];
  readonly evidence: readonly Json[];
  readonly opened: string;
  /** When a yes comes too late; null for never. */
  readonly expires: string | null;
  readonly decision: DecisionView | null;
  /** What the flow's author says of it. */
  readonly summary: string | null;
  readonly approvers: readonly string[];
  readonly quorum: number;
  /** The people who have approved what it is now. */
  readonly approved: readonly string[];
  /** Whose content would run: they cannot approve it. */
  readonly proposers: readonly string[];
  /** All that the step is given: what an edited form takes the place of. */
  readonly input: Json;
  /** The files whose bytes are bound. */
  readonly files: readonly BoundFile[];
  /** What decides what happens too, and is not bound. */
  readonly unbound: readonly string[];
  /** What is hashed, in RFC 8785's form. */
  readonly canonical: string;
  /** The proposal in whose place it stands. */
  readonly replaces: string | null;
}

/** Who has decided what, and when. */
export type DecisionView = Omit<Decided, 'at'> & { readonly at: string };

/** Which proposals to list, newest first. */
export interface ProposalPageQuery {
  readonly limit: number;
  readonly state?: ProposalState | undefined;
  readonly after?: string | undefined;
}

export interface ProposalPage {
  readonly items: readonly ProposalView[];
  /** The `after` of the next page; null where this is the last. */
  readonly next: string | null;
}

type Reads = Pick<Store, 'identity' | 'entity' | 'entities' | 'readStream'>;

/** One page of proposals. */
export async function readProposals(
  store: Reads,
  { limit, state, after }: ProposalPageQuery,
): Promise<ProposalPage> {
  const before = after === undefined ? undefined : (seqOf(store.identity, after) ?? 0);
  const query = { kind: 'proposal', limit: limit + 1, state, before } as const;
  const rows = await store.entities(state === 'open' ? { ...query, open: true } : query);
  const items: ProposalView[] = [];
  for (const row of rows.slice(0, limit)) items.push(await readProposal(store, row));
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next: last?.id ?? null };
}

/** The proposal with this id; undefined where there is none. */
export async function findProposal(store: Reads, id: string): Promise<ProposalView | undefined> {
  const seq = seqOf(store.identity, id);
  const row = seq === undefined ? undefined : await store.entity(seq);
  return row?.kind === 'proposal' ? readProposal(store, row) : undefined;
}

/** A proposal with all that is shown of one. */
export async function readProposal(store: Reads, row: EntityRow): Promise<ProposalView> {
  return viewProposal(row, await store.readStream(row.id), store.identity);
}

function viewProposal(
  row: EntityRow,
  records: readonly LogRecord[],
  identity: LogIdentity,
): ProposalView {
  const proposal = proposalOf(row);
  const events = records.flatMap((record) => decodeProposal(record) ?? []);
  const [first] = events;
  if (first?.type !== 'proposal.opened') throw new Error(`proposal ${row.id} has no beginning`);
  const edited = editedOf(events);
  const canonical = edited?.canonical ?? first.canonical;
  const bound = JSON.parse(canonical) as Bound;
  return {
    id: idOf(identity, row.id),
    ...plainOf(proposal, first),
    content: bound.content,
    opened: isoTime(records[0]?.received ?? 0),
    approved: votersOf(proposal),
    input: edited?.input ?? first.input,
    files: bound.files,
    canonical,
    replaces: first.replaces === null ? null : idOf(identity, first.replaces),
  };
}

function plainOf(
  { state, run, flow, step, hash, risk, expires, decision, ...proposal }: Proposal,
  { reasons, evidence, unbound }: ProposalOpened,
): Omit<
  ProposalView,
  'id' | 'content' | 'opened' | 'approved' | 'input' | 'files' | 'canonical' | 'replaces'
> {
  const { summary, approvers, quorum, proposers } = proposal;
  const told = { state, run, flow, step, hash, risk, reasons, evidence };
  return {
    ...told,
    expires: expires === null ? null : isoTime(expires),
    decision: decision && { ...decision, at: isoTime(decision.at) },
    summary,
    approvers,
    quorum,
    proposers,
    unbound,
  };
}

/** Whoever has approved what it is now; who of them may still do so is asked when it counts. */
function votersOf(proposal: Proposal): string[] {
  const everybody = { people: {}, stands: () => true };
  const anybody = { ...proposal, approvers: [] };
  return countedVotes(anybody, proposal.hash, everybody).map(({ by }) => by);
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
