import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { LogRecord, Store } from '../../store/contract.ts';
import { eventText } from '../../views/event-text.ts';
import { HttpError, retryAfter } from '../../std/http/http-error.ts';
import { callerOf } from '../caller.ts';
import { readQuery, seq, typePattern } from '../query.ts';
import type { Route, RouteContext } from '../route.ts';

const STREAM_QUERY = z.strictObject({ after: seq.optional(), type: typePattern.optional() });
/** How many records are read ahead of a stream's reader, who takes them one by one, at most. */
const READ_LIMIT = 100;
/** How many at first, while nobody knows how large they are. */
const FIRST_LIMIT = 8;
/** How many characters of data should lie ready for a reader, who may take nothing for a minute. */
const READ_LENGTH = 131_072;
/** How long a client waits before it connects again, in milliseconds. */
const RETRY_MS = 1_000;

/** The route that follows the log. Each message's id is the event's seq, and its data the event. */
export function streamRoute(context: RouteContext): Route {
  return {
    method: 'GET',
    path: '/api/v1/stream',
    needs: 'read',
    summary: 'Follows the log as server-sent events; Last-Event-ID resumes, nothing is skipped.',
    query: STREAM_QUERY,
    endless: true,
    handle: (request, reply) => openStream(context, { request, reply }),
  };
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

function openStream(context: RouteContext, { request, reply }: Exchange): FastifyReply {
  const { meter } = context;
  const { type, after } = readQuery(STREAM_QUERY, request);
  const from = lastEventId(request) ?? after ?? context.box.store.head();
  if (meter.streams >= context.limits.streams) throw tooManyStreams();
  meter.streams++;
  const left = new AbortController();
  // What lets the reader in may be taken back while they read.
  const unwatch = context.box.identity.watch(callerOf(request).credential, () => left.abort());
  reply.raw.once('close', () => {
    meter.streams--;
    unwatch();
    left.abort();
  });
  // A reader that takes nothing would hold its place for ever.
  const { socket } = request.raw;
  socket.setTimeout(context.limits.stallMs, () => socket.destroy());
  const gone = AbortSignal.any([left.signal, context.stopping]);
  reply.header('content-type', 'text/event-stream; charset=utf-8');
  return reply.send(Readable.from(follow(context, { from, type, gone })));
}

interface Following {
  readonly from: number;
  readonly type: string | undefined;
  readonly gone: AbortSignal;
}

/**
 * The log from a seq on, and then what is added to it. It is pulled by its reader: a slow one gets
 * what it missed from the store, so it costs no memory and misses nothing.
 */
async function* follow(
  { box, commits, limits }: RouteContext,
  { from, type, gone }: Following,
): AsyncGenerator<string> {
  const { store } = box;
  let at = from;
  let limit = FIRST_LIMIT;
  yield `retry: ${RETRY_MS}\n\n`;
  while (!gone.aborted) {
    const head = store.head();
    const records = head > at ? await store.read({ after: at, limit, type }) : [];
    for (const record of records) {
      if (gone.aborted) return;
      yield messageOf(record, store);
      at = record.seq;
    }
    if (records.length > 0) {
      limit = nextLimit(records);
      continue;
    }
    at = Math.max(at, head);
    if (store.head() > at) continue;
    await commits.next(limits.heartbeatMs, gone);
    if (store.head() <= at && !gone.aborted) yield ': alive\n\n';
  }
}

/** So many that they hold about as much as should lie ready, if they are like the last ones. */
function nextLimit(records: readonly LogRecord[]): number {
  const length = records.reduce((sum, { data }) => sum + data.length, 0);
  const fitting = Math.floor((READ_LENGTH * records.length) / Math.max(1, length));
  return Math.min(Math.max(1, fitting), READ_LIMIT);
}

function messageOf(record: LogRecord, { identity }: Store): string {
  return `id: ${record.seq}\ndata: ${eventText(record, identity)}\n\n`;
}

function lastEventId({ headers }: FastifyRequest): number | undefined {
  const header = headers['last-event-id'];
  if (header === undefined) return undefined;
  const parsed = seq.safeParse(header);
  if (parsed.success) return parsed.data;
  const message = 'Last-Event-ID must be the id of a message of this stream.';
  throw new HttpError('request.bad_query', message, { status: 400 });
}

function tooManyStreams(): HttpError {
  const message = 'Too many streams are open; close one, or come again.';
  const headers = retryAfter(5_000);
  return new HttpError('server.too_many_streams', message, { status: 503, headers });
}
