import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Decider, deciderNamed, OWNER_NAME, whoOf } from '../../gates/decide.ts';
import { DECISIONS } from '../../gates/proposal.ts';
import {
  LINK_MS_DEFAULT,
  LINK_MS_MAX,
  type LinkClaims,
  readLink,
  signLink,
} from '../../gates/signed-link.ts';
import { personOf } from '../../identity/people.ts';
import { parseDuration } from '../../std/duration.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { seqOf } from '../../views/log-reader.ts';
import { findProposal, type ProposalView, readProposal } from '../../views/proposal-view.ts';
import { bodyText, readBody } from '../body.ts';
import { callerOf } from '../caller.ts';
import { decisionPage, outcomePage, PAGE_HEADERS } from '../decision-page.ts';
import { readQuery } from '../query.ts';
import { idOf, type Route, type RouteContext } from '../route.ts';

const text = z.string({ error: 'must be a text' });
const MAKE = z.strictObject({
  /** Whose word it is to be; your own where it is left out. */
  person: text.optional(),
  /** A duration, such as 4h. */
  expires: text.optional(),
});
const LOOK = z.strictObject({ link: z.string({ error: 'must be what the link says' }) });
const DECIDE = z.object({
  link: z.string(),
  hash: z.string(),
  decision: z.enum(DECISIONS),
  reason: z.string().optional(),
  choice: z.string().optional(),
});
const FORM = 'application/x-www-form-urlencoded';
const PATH = '/decide';

/** The routes about links that let one person decide on one proposal. */
export function linkRoutes(context: RouteContext): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/proposals/:id/link',
      needs: 'decide',
      body: MAKE,
      summary: 'Makes a link by which one person decides on what the proposal is now.',
      status: 201,
      handle: (request) => makeLink(context, request),
    },
    {
      method: 'GET',
      path: PATH,
      needs: 'nothing',
      summary: 'Shows the proposal of a link. It changes nothing, however often it is fetched.',
      query: LOOK,
      media: 'text/html',
      landing: true,
      handle: (request, reply) => showLink(context, request, reply),
    },
    {
      method: 'POST',
      path: PATH,
      needs: 'nothing',
      summary: 'Decides as the form of a link says; 409 where it was decided before.',
      bodyMedia: [FORM],
      media: 'text/html',
      handle: (request, reply) => decideByLink(context, request, reply),
    },
  ];
}

async function makeLink(context: RouteContext, request: FastifyRequest): Promise<object> {
  const { box, clock } = context;
  const { person, expires } = readBody(MAKE, request).value;
  const { principal } = callerOf(request);
  const own = whoOf(principal);
  const who = person ?? own;
  if (who !== own && principal.role !== 'admin') {
    const message = 'A link for somebody else is made by an admin.';
    throw new HttpError('auth.forbidden', message, { status: 403 });
  }
  if (who !== OWNER_NAME && personOf(box.identity.people, who) === undefined) {
    const message = `There is no person "${who}": a link is for a person, or for the owner.`;
    throw new HttpError('link.invalid', message, { status: 400 });
  }
  const proposal = await findProposal(box.store, idOf(request));
  if (proposal === undefined) {
    const message = `There is no proposal "${idOf(request)}".`;
    throw new HttpError('proposal.unknown', message, { status: 404 });
  }
  const ms = expires === undefined ? LINK_MS_DEFAULT : durationOf(expires);
  const end = clock.now() + ms;
  const claims = { proposal: proposal.id, hash: proposal.hash, person: who, expires: end };
  const link = signLink(claims, box.judging.linkKey.bytes);
  const path = `${PATH}?link=${link}`;
  return { path, person: who, expires: new Date(end).toISOString() };
}

async function showLink(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<string> {
  const { link } = readQuery(LOOK, request);
  const claims = claimsOf(context, request, link);
  const proposal = await findProposal(context.box.store, claims.proposal);
  if (proposal === undefined || isOther(proposal, claims)) {
    return answer(reply, { status: 410, title: 'Nothing to decide', message: CHANGED });
  }
  asPage(reply);
  return decisionPage(proposal, { link, person: claims.person });
}

async function decideByLink(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<string> {
  const { box } = context;
  const { link, hash, decision, reason = '', choice } = formOf(request);
  const claims = claimsOf(context, request, link);
  const seq = seqOf(box.store.identity, claims.proposal);
  if (seq === undefined || hash !== claims.hash) {
    return answer(reply, { status: 410, title: 'Nothing to decide', message: CHANGED });
  }
  const edited = decision === 'approve' && choice !== undefined ? { choice } : undefined;
  const saying = { decision, hash, reason: reason.trim() === '' ? null : reason, edited };
  const said = await box.deciding.decide(seq, saying, deciderOf(context, claims, request.id));
  if (said.kind !== 'refused') {
    const { state } = await readProposal(box.store, said.row);
    const message = `Proposal ${claims.proposal} is ${state}.`;
    return answer(reply, { status: 200, title: 'Thank you', message });
  }
  const { status, message } = said;
  return answer(reply, { status, title: 'Nothing was changed', message });
}

const CHANGED =
  'What is proposed is not what this link was made for any more, or is gone. ' +
  'Ask for another link.';

function isOther({ hash, state }: ProposalView, claims: LinkClaims): boolean {
  return state === 'open' && hash !== claims.hash;
}

/** @throws HttpError 401 for what nobody here signed, or what is too old. */
function claimsOf(
  { box, clock, failures }: RouteContext,
  { raw }: FastifyRequest,
  link: string,
): LinkClaims {
  const key = box.judging.linkKey.known;
  const claims = key === undefined ? 'forged' : readLink(link, key, clock.now());
  if (typeof claims === 'object') return claims;
  if (claims === 'expired') {
    const message = 'The time of this link is over; ask for another one.';
    throw new HttpError('link.expired', message, { status: 410 });
  }
  const message = 'This is no link that was made here; nothing was changed.';
  throw failures.wrong(raw, new HttpError('auth.wrong', message, { status: 401 }));
}

/** Who decides: what the person may by now counts, and not what they might when it was made. */
function deciderOf({ box }: RouteContext, { person }: LinkClaims, request: string): Decider {
  return deciderNamed(person, { by: `${person}#link`, request }, box.identity.people);
}

function formOf(request: FastifyRequest): z.output<typeof DECIDE> {
  const type = request.headers['content-type'] ?? '';
  const read = DECIDE.safeParse(Object.fromEntries(new URLSearchParams(bodyText(request.body))));
  if (type.split(';')[0]?.trim().toLowerCase() === FORM && read.success) return read.data;
  const message = 'This is what the form of a link sends: link, hash and decision.';
  throw new HttpError('request.bad_body', message, { status: 400 });
}

function durationOf(written: string): number {
  const ms = parseDuration(written);
  if (ms !== undefined && ms > 0 && ms <= LINK_MS_MAX) return ms;
  const message = `"expires": "${written}" is no duration up to 30d, such as 4h.`;
  throw new HttpError('request.bad_body', message, { status: 400 });
}

interface Outcome {
  readonly status: number;
  readonly title: string;
  readonly message: string;
}

function answer(reply: FastifyReply, { status, title, message }: Outcome): string {
  asPage(reply.code(status));
  return outcomePage(title, message);
}

function asPage(reply: FastifyReply): void {
  reply.type('text/html; charset=utf-8').headers(PAGE_HEADERS);
}
