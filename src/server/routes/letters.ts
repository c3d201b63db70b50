import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Settled } from '../../routing/dead-letters.ts';
import type { Signalbox } from '../../signalbox.ts';
import { memberText } from '../../std/raw-json.ts';
import { LETTER_KINDS, LETTER_STATES } from '../../store/contract.ts';
import {
  findLetter,
  letterSeq,
  readLetter,
  readLetters,
  unknownLetter,
} from '../../views/letter-page.ts';
import type { LetterDetail } from '../../views/letter-view.ts';
import { readBody } from '../body.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { waitForRouter } from '../min-seq.ts';
import { pageLimit, readQuery, seq } from '../query.ts';
import { problemOf, refuseUnknown } from '../refusal.ts';
import { attributionOfCaller } from '../caller.ts';
import { idOf, type Route, type RouteContext } from '../route.ts';

const LETTERS_QUERY = z.strictObject({
  state: z.enum(LETTER_STATES).optional(),
  kind: z.enum(LETTER_KINDS).optional(),
  flow: z.string().optional(),
  after: z.string().optional(),
  limit: pageLimit,
  min_seq: seq.optional(),
});
const ONE_QUERY = z.strictObject({ min_seq: seq.optional() });
const RETRY = z.strictObject({ with: z.unknown().optional() });
const DROP = z.strictObject({ reason: z.string({ error: 'must be a text' }).optional() });

/** The routes about what failed: to look at it, to have another try, to set it aside. */
export function letterRoutes(context: RouteContext): Route[] {
  return [...readingRoutes(context), ...settlingRoutes(context)];
}

function readingRoutes(context: RouteContext): Route[] {
  const { box } = context;
  return [
    {
      method: 'GET',
      path: '/api/v1/dead-letters',
      needs: 'read',
      summary: 'Lists dead letters, newest first.',
      query: LETTERS_QUERY,
      async handle(request) {
        const { min_seq, ...query } = readQuery(LETTERS_QUERY, request);
        await waitForRouter(context, min_seq);
        return readLetters(box, query).catch(refuseUnknown);
      },
    },
    {
      method: 'GET',
      path: '/api/v1/dead-letters/:id',
      needs: 'read',
      summary: "Shows a dead letter with its event's data, and how it was closed.",
      query: ONE_QUERY,
      async handle(request) {
        await waitForRouter(context, readQuery(ONE_QUERY, request).min_seq);
        return (await findLetter(box, idOf(request))) ?? refuseLetter(idOf(request));
      },
    },
  ];
}

function settlingRoutes({ box }: RouteContext): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/dead-letters/:id/retry',
      needs: 'operate',
      summary: 'Has another try; "with" takes the place of the event\'s data.',
      status: 202,
      body: RETRY,
      handle(request) {
        const data = memberText(readBody(RETRY, request).text, 'with');
        const settled = box.letters.retry(numberOf(box, request), {
          ...attributionOfCaller(request),
          data,
        });
        return answer(box, settled);
      },
    },
    {
      method: 'POST',
      path: '/api/v1/dead-letters/:id/drop',
      needs: 'operate',
      summary: 'Sets a dead letter aside for good, with a reason.',
      status: 202,
      body: DROP,
      handle(request) {
        const { reason = null } = readBody(DROP, request).value;
        const settled = box.letters.drop(numberOf(box, request), {
          ...attributionOfCaller(request),
          reason,
        });
        return answer(box, settled);
      },
    },
  ];
}

async function answer(box: Signalbox, settling: Promise<Settled>): Promise<LetterDetail> {
  const settled = await settling;
  if (settled.kind === 'refused') throw problemOf(settled);
  return readLetter(box, settled.letter);
}

function numberOf(box: Signalbox, request: FastifyRequest): number {
  return letterSeq(box, idOf(request)) ?? refuseLetter(idOf(request));
}

function refuseLetter(id: string): never {
  const { code, message } = unknownLetter(id);
  throw new HttpError(code, message, { status: 404 });
}
