import { type Attribution, attributionOf } from '../events/attribution.ts';
import type { Clock, Timer } from '../std/clock.ts';
import type { Logger } from '../std/logger.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { Ledger } from './ledger.ts';
import { type People, personOf } from './people.ts';
import { actorOf, OWNER, type Principal } from './principal.ts';
import { may, strongest, weaker } from './roles.ts';
import { RunTokens } from './run-tokens.ts';
import { Sessions, type SessionOf } from './sessions.ts';
import { digestOf, type Token } from './token.ts';
import {
  type NewToken,
  type RevokedToken,
  type TokenRefusal,
  type TokenRequest,
  Tokens,
  type TokensOptions,
} from './tokens.ts';

/** What it is made of; `people` are those of the files that were read last. */
export interface IdentityOptions extends TokensOptions {
  readonly store: Pick<Store, 'append' | 'cursors' | 'onCommitted'>;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly people: People;
  readonly logger: Logger;
}

/** How often those who are let in for long are looked at anew. */
const RECHECK_MS = 1_000;

/** What stands before the id of a token that is no person's. */
const TOKEN_MARK = 'token:';

/** What ends a run, or a branch of one. */
const RUN_ENDS = /^(?:run|branch)\.(?:succeeded|failed|noop|declined|cancelled|compensated|stuck)$/;

/** Who knocks, and with what. */
export interface Credential {
  readonly kind: 'token' | 'session';
  /** Of the secret: that itself is kept nowhere. */
  readonly digest: string;
}

interface Watched {
  readonly credential: Credential;
  readonly cut: () => void;
}

/** Says who somebody is. What it said holds for one request: the next is asked anew. */
export class Identity {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly runs = new RunTokens();
  /** Records what others have to say of who knocked. */
  readonly ledger: Ledger;
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #people: People;
  #owner: string | undefined;
  #recheck: Timer | undefined;

  private constructor(options: IdentityOptions, tokens: Tokens) {
    const { store, clock, people } = options;
    this.tokens = tokens;
    this.ledger = new Ledger(options);
    this.sessions = new Sessions(clock);
    this.#clock = clock;
    this.#people = people;
    store.onCommitted((records) => this.#endRuns(records));
  }

  static async open(options: IdentityOptions): Promise<Identity> {
    return new Identity(options, await Tokens.open(options));
  }

  get people(): People {
    return this.#people;
  }

  /** Who there is from now on: whoever is gone, or may do less, is so at once. */
  usePeople(people: People): void {
    this.#people = people;
    this.#lookAnew();
  }

  /** The token of the first start, which its file tells to whoever owns the data directory. */
  useOwner(secret: string): void {
    this.#owner = digestOf(secret);
  }

  /** Who that is; undefined for nobody. */
  identify({ kind, digest }: Credential): Principal | undefined {
    if (kind === 'session') return this.#ofSession(this.sessions.find(digest));
    if (digest === this.#owner) return OWNER;
    const run = this.runs.find(digest);
    if (run !== undefined)
      return { name: `run:${run.id}`, role: 'run', token: `run:${run.id}`, run };
    const token = this.tokens.find(digest);
    return token && this.#ofToken(token);
  }

  /** Whether whoever is known by this name in decisions may still decide: see `whoOf`. */
  stands(who: string): boolean {
    if (who === OWNER.name) return true;
    if (!who.startsWith(TOKEN_MARK)) {
      const role = strongest(personOf(this.#people, who)?.roles ?? []);
      return role !== undefined && may(role, 'decide');
    }
    const token = this.tokens.get(who.slice(TOKEN_MARK.length));
    const principal = token && this.#ofToken(token);
    return principal !== undefined && may(principal.role, 'decide');
  }

  /** Makes a token, for somebody who is told its secret this once. */
  create(request: TokenRequest): Promise<NewToken | TokenRefusal> {
    return this.tokens.create(request, this.#people);
  }

  /** Takes a token back; what is open with it is cut. */
  revoke(nameOrId: string, by: Attribution): Promise<RevokedToken | TokenRefusal> {
    const revoking = this.tokens.revoke(nameOrId, by);
    this.#lookAnew();
    return revoking;
  }

  /**
   * Opens a session by a link that a request (by its id) has brought, and gives its secret;
   * undefined where the link is none any more.
   */
  openSession(link: string, request?: string): string | undefined {
    const opened = this.sessions.open(link);
    const principal = opened && this.#ofSession(opened.of);
    if (opened === undefined || principal === undefined) return undefined;
    this.ledger.note('session.opened', { by: actorOf(principal), request });
    return opened.secret;
  }

  /** Ends the session of a browser. */
  closeSession({ digest }: Credential, by: Attribution): void {
    this.sessions.close(digest);
    this.#lookAnew();
    this.ledger.note('session.closed', attributionOf(by));
  }

  /** Calls `cut` once this lets nobody in any more. The answer ends the watch. */
  watch(credential: Credential, cut: () => void): () => void {
    const watched = { credential, cut };
    this.#watched.add(watched);
    this.#recheckLater();
    return () => {
      this.#watched.delete(watched);
      if (this.#watched.size === 0) this.#recheck?.cancel();
      if (this.#watched.size === 0) this.#recheck = undefined;
    };
  }

  #recheckLater(): void {
    this.#recheck ??= this.#clock.schedule(RECHECK_MS, () => {
      this.#recheck = undefined;
      this.#lookAnew();
      if (this.#watched.size > 0) this.#recheckLater();
    });
  }

  #lookAnew(): void {
    for (const watched of this.#watched) {
      if (this.identify(watched.credential) !== undefined) continue;
      this.#watched.delete(watched);
      watched.cut();
    }
  }

  #ofToken({ id, name, role, person }: Token): Principal | undefined {
    if (person === null) return { name, role, token: id };
    const own = weaker(role, strongest(personOf(this.#people, person)?.roles ?? []));
    return own && { name: person, role: own, token: id, person };
  }

  /** A session may what its token may now, and no more than the person whom it is for. */
  #ofSession(of: SessionOf | undefined): Principal | undefined {
    if (of === undefined) return undefined;
    const { token: id, person } = of;
    const token = id === OWNER.token ? undefined : this.tokens.get(id);
    const opened = id === OWNER.token ? OWNER : token && this.#ofToken(token);
    if (opened === undefined || person === undefined) return opened;
    if (opened.role === 'agent' || opened.role === 'run') return undefined;
    const role = weaker(opened.role, strongest(personOf(this.#people, person)?.roles ?? []));
    return role && { name: person, role, token: id, person };
  }

  #endRuns(records: readonly LogRecord[]): void {
    if (this.runs.size === 0) return;
    for (const { type, stream } of records) {
      if (stream !== null && RUN_ENDS.test(type)) this.runs.end(stream);
    }
  }
}
