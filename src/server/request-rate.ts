import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../std/clock.ts';
import { HttpError, retryAfter } from '../std/http/http-error.ts';

/** How often one client may ask: as a burst of `limit`, and then evenly over `perMs`. */
export interface RequestLimit {
  readonly limit: number;
  readonly perMs: number;
}

/** How many clients are remembered; the one that asked least lately is forgotten for a new one. */
const CLIENTS_MAX = 4_096;

/**
 * Holds back whoever asks too often: each token, and each address that asks without one. A client
 * that is forgotten begins anew, which lets it ask more often and never less.
 */
export class RequestRate {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #limit: RequestLimit;
  /** When each client's allowance is whole again. */
  readonly #whole = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonic'>, limit: RequestLimit) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Counts a request; returns why it is refused, or undefined where it may go on. */
  refusal(request: IncomingMessage): HttpError | undefined {
    const waitMs = this.#take(clientOf(request));
    if (waitMs === 0) return undefined;
    const { limit, perMs } = this.#limit;
    const allowed = `${limit} requests in ${Math.round(perMs / 1_000)} s are allowed`;
    const message = `Too many requests came from this client: ${allowed}; come again later.`;
    return new HttpError('request.throttled', message, {
      status: 429,
      headers: retryAfter(waitMs),
    });
  }

  /** How long the client must wait; what is refused costs nothing of its allowance. */
  #take(client: string): number {
    const now = this.#clock.monotonic();
    const { limit, perMs } = this.#limit;
    const whole = Math.max(now, this.#whole.get(client) ?? now) + perMs / limit;
    const waitMs = whole - now - perMs;
    // A hair of rounding is no request too many.
    if (waitMs > 1e-6) return waitMs;
    this.#whole.delete(client);
    const [oldest] = this.#whole.keys();
    if (this.#whole.size >= CLIENTS_MAX && oldest !== undefined) this.#whole.delete(oldest);
    this.#whole.set(client, whole);
    return 0;
  }
}

/** A token is known by its hash alone. */
function clientOf({ headers, socket }: IncomingMessage): string {
  const { authorization } = headers;
  if (authorization === undefined) return socket.remoteAddress ?? '';
  return hash('sha256', authorization.replace(/^bearer +/i, ''), 'base64');
}
