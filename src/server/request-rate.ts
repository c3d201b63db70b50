import type { IncomingMessage } from 'node:http';
import type { Clock } from '../std/clock.ts';
import { actorOf } from '../identity/principal.ts';
import { HttpError, retryAfter } from '../std/http/http-error.ts';
import { knownCaller } from './caller.ts';
import { addressOf } from './client-address.ts';

/** How often one client may ask: as a burst of `limit`, and then evenly over `perMs`. */
export interface RequestLimit {
  readonly limit: number;
  readonly perMs: number;
}

/** How many clients are remembered; the one that asked least lately is forgotten for a new one. */
const CLIENTS_MAX = 4_096;

/** How often, and who is told apart. */
export interface RequestRateOptions extends RequestLimit {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Whether a proxy of ours says where a request comes from. */
  readonly behindProxy: boolean;
}

/**
 * Holds back whoever asks too often: each who was let in, and each address of which nobody was. A
 * client that is forgotten begins anew, which lets it ask more often and never less.
 */
export class RequestRate {
  readonly #options: RequestRateOptions;
  /** When each client's allowance is whole again. */
  readonly #whole = new Map<string, number>();

  constructor(options: RequestRateOptions) {
    this.#options = options;
  }

  /** Counts a request; returns why it is refused, or undefined where it may go on. */
  refusal(request: IncomingMessage): HttpError | undefined {
    const waitMs = this.#take(this.#clientOf(request));
    if (waitMs === 0) return undefined;
    const { limit, perMs } = this.#options;
    const allowed = `${limit} requests in ${Math.round(perMs / 1_000)} s are allowed`;
    const message = `Too many requests came from this client: ${allowed}; come again later.`;
    return new HttpError('request.throttled', message, {
      status: 429,
      headers: retryAfter(waitMs),
    });
  }

  /** How long the client must wait; what is refused costs nothing of its allowance. */
  #take(client: string): number {
    const { clock, limit, perMs } = this.#options;
    const now = clock.monotonic();
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

  /** What nobody looked at tells nobody apart: on the open paths any token could be made up. */
  #clientOf(request: IncomingMessage): string {
    const caller = knownCaller(request);
    if (caller !== undefined) return actorOf(caller.principal);
    return `at ${addressOf(request, this.#options.behindProxy)}`;
  }
}
