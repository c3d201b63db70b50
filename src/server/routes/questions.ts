import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { whoOf } from '../../gates/decide.ts';
import { CHOICE_LENGTH_MAX, CHOICES_MAX, QUESTION_LENGTH_MAX } from '../../gates/question.ts';
import { actorOf, allows, type Principal } from '../../identity/principal.ts';
import type { Asked } from '../../routing/questions.ts';
import { parseDuration } from '../../std/duration.ts';
import { SignalboxError } from '../../std/errors.ts';
import { HttpError } from '../../std/http/http-error.ts';
import type { Cause } from '../../store/record.ts';
import { findProposal, type ProposalView, readProposal } from '../../views/proposal-view.ts';
import { viewQuestion } from '../../views/question-view.ts';
import { readBody } from '../body.ts';
import { callerOf } from '../caller.ts';
import { readQuery } from '../query.ts';
import { refuseFullDisk } from '../refusal.ts';
import { idOf, type Route, type RouteContext } from '../route.ts';

/** How long one request waits for an answer at most; whoever wants to wait longer asks again. */
const WAIT_MS_MAX = 60_000;
/** How long a yes may take at most. */
const TIMEOUT_MS_MAX = 366 * 86_400_000;
const WORDS_MAX = 256;
const PATHS_MAX = 1_000;
const LENGTH_MAX = 100_000;

const text = z.string({ error: 'must be a text' });
const short = text.max(LENGTH_MAX);
const ACT = z.strictObject({
  argv: z.array(short).max(WORDS_MAX).optional(),
  paths: z.array(short).max(PATHS_MAX).optional(),
  lines: z.int().min(0).optional(),
  method: short.optional(),
  url: short.optional(),
  tool: short.optional(),
});
const ASK = z.strictObject({
  question: text.min(1).max(QUESTION_LENGTH_MAX),
  choices: z.array(text.min(1).max(CHOICE_LENGTH_MAX)).max(CHOICES_MAX).default([]),
  /** A duration, such as 4h: what nobody answers by then is a no. */
  timeout: text.optional(),
  approvers: z.array(text.min(1).max(64)).max(100).default([]),
  act: ACT.optional(),
});
const WAIT = z.strictObject({ wait: text.optional() });

/** The routes by which scripts and agents ask a person. */
export function questionRoutes(context: RouteContext): Route[] {
  const { box } = context;
  return [
    {
      method: 'POST',
      path: '/api/v1/questions',
      needs: 'emit',
      summary: 'Asks a person: opens a proposal that no run waits for.',
      status: 201,
      body: ASK,
      async handle(request) {
        const { timeout, ...asked } = readBody(ASK, request).value;
        const expiresMs = timeout === undefined ? undefined : durationOf('timeout', timeout);
        const { principal } = callerOf(request);
        const asking = { ...asked, expiresMs, ...askerOf(principal), request: request.id };
        return viewAsked(context, await box.judging.questions.ask(asking).catch(refuse));
      },
    },
    {
      method: 'GET',
      path: '/api/v1/questions/:id',
      needs: 'emit',
      summary: 'Tells its asker what became of a question; waits for the answer with "wait".',
      query: WAIT,
      async handle(request) {
        const { wait } = readQuery(WAIT, request);
        const waitMs = wait === undefined ? 0 : durationOf('wait', wait);
        return viewQuestion(await answered(context, request, Math.min(WAIT_MS_MAX, waitMs)));
      },
    },
  ];
}

/** As whom somebody asks, and how far what they say is to be trusted. */
function askerOf(principal: Principal): {
  by: string;
  proposers: string[];
  trust: 'trusted' | 'untrusted';
  cause: Cause;
} {
  const { run } = principal;
  const cause =
    run === undefined
      ? { correlation: null, causation: null, hops: 0 }
      : { correlation: run.correlation, causation: run.id, hops: run.hops };
  return {
    by: actorOf(principal),
    proposers: run === undefined ? [whoOf(principal)] : [],
    trust: run?.untrusted === true ? 'untrusted' : 'trusted',
    cause,
  };
}

async function viewAsked({ box }: RouteContext, asked: Asked): Promise<object> {
  if (asked.kind === 'opened') return viewQuestion(await readProposal(box.store, asked.row));
  const { policy } = asked;
  const nobody = { id: null, by: null, at: null, reason: null, expires: null, choice: null };
  return { ...nobody, state: 'approved', policy };
}

/** The question once it is answered, or as it stands when the time is over. */
async function answered(
  { box, clock, commits, stopping }: RouteContext,
  request: FastifyRequest,
  waitMs: number,
): Promise<ProposalView> {
  const until = clock.monotonic() + waitMs;
  for (;;) {
    const found = await findProposal(box.store, idOf(request));
    if (found === undefined || !mayRead(found, callerOf(request).principal)) throw unknown(request);
    const leftMs = until - clock.monotonic();
    if (found.state !== 'open' || leftMs <= 0 || stopping.aborted) return found;
    await commits.next(leftMs, stopping);
  }
}

/** Its asker may, and so may whoever may read everything. */
function mayRead({ content }: ProposalView, principal: Principal): boolean {
  if (content.kind !== 'question') return false;
  return content.by === actorOf(principal) || allows(principal, 'read');
}

function unknown(request: FastifyRequest): HttpError {
  const message = `There is no question "${idOf(request)}" of yours.`;
  return new HttpError('proposal.unknown', message, { status: 404 });
}

function durationOf(name: string, written: string): number {
  const ms = parseDuration(written);
  if (ms !== undefined && ms <= TIMEOUT_MS_MAX) return ms;
  const message = `"${name}": "${written}" is no duration up to 366d, such as 30s or 4h.`;
  throw new HttpError('request.bad_body', message, { status: 400 });
}

function refuse(error: unknown): never {
  if (error instanceof SignalboxError) refuseFullDisk(error);
  throw error;
}
