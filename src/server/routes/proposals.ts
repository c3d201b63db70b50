import { z } from 'zod';
import { type Decider, whoOf } from '../../gates/decide.ts';
import { DECISIONS, PROPOSAL_STATES } from '../../gates/proposal.ts';
import { actorOf, type Principal } from '../../identity/principal.ts';
import type { Said } from '../../runs/deciding.ts';
import type { Json } from '../../std/json.ts';
import type { Store } from '../../store/contract.ts';
import { seqOf } from '../../views/log-reader.ts';
import {
  findProposal,
  type ProposalView,
  readProposal,
  readProposals,
} from '../../views/proposal-view.ts';
import { unknownProposal } from '../../views/unknown-proposal.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { readBody } from '../body.ts';
import { callerOf } from '../caller.ts';
import { pageLimit, readQuery } from '../query.ts';
import { idOf, type Route, type RouteContext } from '../route.ts';

const LIST_QUERY = z.strictObject({
  state: z.enum(PROPOSAL_STATES).optional(),
  after: z.string().optional(),
  limit: pageLimit,
});

const DECISION = z.strictObject({
  decision: z.enum(DECISIONS),
  /** What was looked at: it is decided on this and nothing else. */
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be the hash that the proposal shows'),
  reason: z.string().optional(),
  edited: z.unknown().optional(),
});

/** The routes about what waits for somebody to say yes. */
export function proposalRoutes({ box }: RouteContext): Route[] {
  const { store } = box;
  return [
    {
      method: 'GET',
      path: '/api/v1/proposals',
      needs: 'read',
      summary: 'Lists proposals, newest first.',
      query: LIST_QUERY,
      handle: (request) => readProposals(store, readQuery(LIST_QUERY, request)),
    },
    {
      method: 'GET',
      path: '/api/v1/proposals/:id',
      needs: 'read',
      summary: 'Shows a proposal: what would run, its hash, and who has said what.',
      handle: async (request) =>
        (await findProposal(store, idOf(request))) ?? refuseUnknown(idOf(request)),
    },
    {
      method: 'POST',
      path: '/api/v1/proposals/:id/decision',
      needs: 'decide',
      summary: 'Approves, rejects or returns a proposal; 409 with the decision that won before.',
      status: 200,
      body: DECISION,
      async handle(request) {
        const { decision, hash, reason = null, edited } = readBody(DECISION, request).value;
        const seq = seqOf(store.identity, idOf(request)) ?? refuseUnknown(idOf(request));
        const by = deciderOf(callerOf(request).principal, request.id);
        const saying = { decision, hash, reason, edited: edited as Json | undefined };
        const said = await box.deciding.decide(seq, saying, by);
        if (said.kind === 'refused') throw await refusal(store, said);
        return readProposal(store, said.row);
      },
    },
  ];
}

/** Who decides, whatever they hold in hand. */
function deciderOf(principal: Principal, request: string): Decider {
  return { who: whoOf(principal), by: actorOf(principal), request, role: principal.role };
}

async function refusal(
  store: Store,
  { code, message, status, row }: Extract<Said, { kind: 'refused' }>,
): Promise<HttpError> {
  const proposal: ProposalView | undefined = row && (await readProposal(store, row));
  const won = proposal?.decision ?? null;
  const details = status === 409 && proposal !== undefined ? { decision: won, proposal } : {};
  return new HttpError(code, message, { status, details });
}

function refuseUnknown(id: string): never {
  const { code, message } = unknownProposal(id);
  throw new HttpError(code, message, { status: 404 });
}
