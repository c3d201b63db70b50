import type { Clock } from '../std/clock.ts';
import { digestOf, newSecret } from './token.ts';

/** How long a link of `login` is good for. */
export const LINK_MS = 60_000;
/** How long a browser is let in by one. */
export const SESSION_MS = 12 * 3_600_000;
const LINKS_MAX = 64;
const SESSIONS_MAX = 256;

/** Whose session it is: a token's, and the person it speaks for where the owner has said so. */
export interface SessionOf {
  readonly token: string;
  readonly person: string | undefined;
}

interface Kept extends SessionOf {
  readonly until: number;
}

/**
 * Links that open the dashboard once, and the sessions of browsers that have opened one. Both are
 * in memory alone: after a restart people log in again.
 */
export class Sessions {
  readonly #clock: Clock;
  readonly #links = new Map<string, Kept>();
  readonly #sessions = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The secret of a new link. */
  offer(of: SessionOf): string {
    const secret = newSecret('sbl_');
    this.#keep(this.#links, LINKS_MAX, secret, { ...of, until: this.#clock.monotonic() + LINK_MS });
    return secret;
  }

  /** The session that a link opens: once, and while it is good. */
  open(link: string): { readonly secret: string; readonly of: SessionOf } | undefined {
    const digest = digestOf(link);
    const of = this.#current(this.#links, digest);
    this.#links.delete(digest);
    if (of === undefined) return undefined;
    const secret = newSecret('sbs_');
    const until = this.#clock.monotonic() + SESSION_MS;
    this.#keep(this.#sessions, SESSIONS_MAX, secret, { ...of, until });
    return { secret, of };
  }

  /** Whose session this is, while it is good. */
  find(digest: string): SessionOf | undefined {
    return this.#current(this.#sessions, digest);
  }

  /** Ends a session. */
  close(digest: string): void {
    this.#sessions.delete(digest);
  }

  #current(kept: Map<string, Kept>, digest: string): Kept | undefined {
    const found = kept.get(digest);
    if (found === undefined || this.#clock.monotonic() < found.until) return found;
    kept.delete(digest);
    return undefined;
  }

  /** Where there are too many, the oldest ends. */
  #keep(kept: Map<string, Kept>, max: number, secret: string, value: Kept): void {
    const [oldest] = kept.keys();
    if (kept.size >= max && oldest !== undefined) kept.delete(oldest);
    kept.set(digestOf(secret), value);
  }
}
