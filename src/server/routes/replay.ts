import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Signalbox } from '../../signalbox.ts';
import { SignalboxError } from '../../std/errors.ts';
import {
  type EventName,
  findReplayable,
  previewReplay,
  type ReplayPreview,
} from '../../views/replay-preview.ts';
import { type RecordedReplay, replayRecorded } from '../../views/recorded-replay.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { flag, readQuery } from '../query.ts';
import { refusalOf } from '../../sources/refusal.ts';
import { attributionOfCaller } from '../caller.ts';
import { idOf, type Route, type RouteContext } from '../route.ts';

/** With `by_seq` the id is the event's number, whatever ids senders gave. */
const REPLAY_QUERY = z.strictObject({ flow: z.string().optional(), by_seq: flag.optional() });

/** The same where nothing is recorded, with what was recorded of its runs where that is asked. */
const PREVIEW_QUERY = REPLAY_QUERY.extend({ recorded_effects: flag.optional() });

/** An event that has come once more. */
interface ReplayReceipt {
  readonly id: string;
  readonly seq: number;
}

/** The routes that let a recorded event come once more, or say what that would do. */
export function replayRoutes({ box }: RouteContext): Route[] {
  const path = '/api/v1/events/:id/replay';
  return [
    {
      path,
      query: PREVIEW_QUERY,
      method: 'GET',
      needs: 'read',
      summary: 'Says what a replay would start, or whether its runs would be the same.',
      handle: (request) => preview(box, request),
    },
    {
      path,
      query: REPLAY_QUERY,
      method: 'POST',
      needs: 'operate',
      summary: 'Records the event once more, and answers when that is durable.',
      status: 202,
      handle: (request) => replay(box, request),
    },
  ];
}

function preview(box: Signalbox, request: FastifyRequest): Promise<ReplayPreview | RecordedReplay> {
  const { flow, by_seq, recorded_effects } = readQuery(PREVIEW_QUERY, request);
  const name = nameOf(request, by_seq);
  if (recorded_effects !== true) return previewReplay(box, name, flow).catch(refuse);
  const { secrets } = box.configuration;
  return replayRecorded(box, name, { flow, secrets }).catch(refuse);
}

async function replay(box: Signalbox, request: FastifyRequest): Promise<ReplayReceipt> {
  const { flow, by_seq } = readQuery(REPLAY_QUERY, request);
  const event = await findReplayable(box, nameOf(request, by_seq), flow).catch(refuse);
  const result = await box.replays.replay({ event, flow, ...attributionOfCaller(request) });
  if (result.kind === 'unwanted') {
    throw new HttpError('replay.unwanted', result.reason, { status: 409 });
  }
  if (result.kind !== 'accepted') throw refusalOf(result);
  return { id: result.id, seq: result.seq };
}

function nameOf(request: FastifyRequest, bySeq: boolean | undefined): EventName {
  const id = idOf(request);
  if (bySeq !== true) return { id };
  if (/^\d{1,16}$/.test(id)) return { seq: Number(id) };
  throw new HttpError('request.bad_query', '"by_seq": the id is no number.', { status: 400 });
}

function refuse(error: unknown): never {
  if (!(error instanceof SignalboxError)) throw error;
  const status = STATUSES[error.code];
  if (status === undefined) throw error;
  throw new HttpError(error.code, error.message, { status, cause: error });
}

const STATUSES: Readonly<Record<string, number>> = {
  'id.unknown': 404,
  'flow.unknown': 404,
  'replay.own_event': 409,
};
