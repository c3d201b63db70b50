import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ZodObject } from 'zod';
import type { Right } from '../identity/roles.ts';
import type { Signalbox } from '../signalbox.ts';
import type { Clock } from '../std/clock.ts';
import type { CommitSignal } from '../store/commit-signal.ts';
import type { Failures } from './failures.ts';
import type { HttpMeter } from './http-meter.ts';
import type { ServerLimits } from './limits.ts';
import type { CookieOptions } from './session-cookie.ts';

/** One line of the route table: where it is, what it needs, what it does. */
export interface Route {
  /** A GET never changes anything. */
  readonly method: 'GET' | 'POST';
  /** The path, with `:id` for a part that varies. */
  readonly path: string;
  /** What whoever asks has to be allowed; `nothing` is open to everybody. */
  readonly needs: Right | 'nothing';
  readonly summary: string;
  /** The status of its answer; 200 where it is left out. */
  readonly status?: 200 | 201 | 202;
  /** Its status where what is asked for is still to come: the handler sets it. */
  readonly pendingStatus?: 202;
  /** The query parameters that there are; others are refused. */
  readonly query?: ZodObject;
  /** The media type of its answer; JSON where it is left out. */
  readonly media?: string;
  /** What its body holds, as JSON; it may be left out where every member may. */
  readonly body?: ZodObject;
  /** Or the media types of its body, where it is read by what it is. */
  readonly bodyMedia?: readonly string[];
  /** Whether its answer goes on until somebody leaves. */
  readonly endless?: true;
  /** Whether what it answers is answered once: HEAD is not asked of it. */
  readonly once?: true;
  /** Whether people come to it from other pages, such as their mail: it changes nothing. */
  readonly landing?: true;
  /** Answers with what it returns, as JSON. Throws an `HttpError` to refuse. */
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

/** The part of a request's path that `:id` stands for. */
export function idOf(request: FastifyRequest): string {
  const { id } = request.params as { readonly id: string };
  return id;
}

/** What the routes stand on. */
export interface RouteContext {
  readonly box: Signalbox;
  readonly clock: Clock;
  readonly limits: ServerLimits;
  readonly commits: CommitSignal;
  readonly failures: Failures;
  /** How the cookie of a session is written; known once the server listens. */
  readonly cookie: () => CookieOptions;
  readonly meter: HttpMeter;
  /** Our own version. */
  readonly build: string;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
}
