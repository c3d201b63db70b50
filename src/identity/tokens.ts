import { type Attribution, attributionOf } from '../events/attribution.ts';
import type { CursorWrite, Store } from '../store/contract.ts';
import { Ledger, type LedgerOptions } from './ledger.ts';
import { IDENTITY_NAME, isReservedName, type People, personOf } from './people.ts';
import type { TokenRole } from './roles.ts';
import {
  digestOf,
  isExpired,
  newSecret,
  newTokenId,
  readToken,
  type Token,
  type TokenView,
  viewToken,
  writeToken,
} from './token.ts';

/** Where tokens are kept. */
export interface TokensOptions extends LedgerOptions {
  readonly store: Pick<Store, 'append' | 'cursors'>;
}

/** What a token is made of. */
export interface TokenRequest extends Attribution {
  readonly name: string;
  readonly role: TokenRole;
  /** The person whose it is to be. */
  readonly person?: string | undefined;
  /** How long it is to be good for, in milliseconds; for ever where it is left out. */
  readonly ttlMs?: number | undefined;
}

/** A token that has just been made: the one time that its secret is told. */
export interface NewToken {
  readonly kind: 'created';
  readonly view: TokenView;
  readonly secret: string;
}

/** A token that lets nobody in any more. */
export interface RevokedToken {
  readonly kind: 'revoked';
  readonly view: TokenView;
}

/** Why a token is not made, or not taken back for good. */
export interface TokenRefusal {
  readonly kind: 'refused';
  readonly code: string;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/**
 * Where tokens are kept: rows beside those of the sources, whose names hold a `:` behind their
 * type, and no type is called so.
 */
const ROWS = 'signalbox:tokens';
/** How many there may be; each is looked up in memory. */
const TOKENS_MAX = 1_000;
/** A use is written down when the last one that was is older. */
const USED_EVERY_MS = 60_000;
const TTL_MS_MAX = 100 * 365 * 86_400_000;

interface Entry {
  token: Token;
  revoked: boolean;
}

/**
 * The tokens of people, programs and agents, by their digests: the store keeps them, and memory
 * answers. What is made or taken back is recorded in the commit that changes its row.
 */
export class Tokens {
  readonly #options: TokensOptions;
  readonly #ledger: Ledger;
  readonly #byDigest = new Map<string, Entry>();
  readonly #byId = new Map<string, Entry>();

  private constructor(options: TokensOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options);
  }

  static async open(options: TokensOptions): Promise<Tokens> {
    const tokens = new Tokens(options);
    const rows = await options.store.cursors({ source: ROWS, limit: TOKENS_MAX });
    for (const { key, value } of rows) {
      const token = readToken(key, value);
      if (token === undefined) options.logger.warn('a token cannot be read', { token: key });
      else tokens.#keep(token);
    }
    return tokens;
  }

  /** All that there are, the oldest first. */
  list(): TokenView[] {
    const now = this.#options.time.now();
    return [...this.#byId.values()]
      .filter(({ revoked }) => !revoked)
      .map(({ token }) => viewToken(token, now))
      .toSorted((a, b) => Date.parse(a.created) - Date.parse(b.created));
  }

  /** The token with this digest, where it is good. */
  find(digest: string): Token | undefined {
    const entry = this.#byDigest.get(digest);
    return entry === undefined ? undefined : this.#ifGood(entry);
  }

  /** The token with this id, where it is good. */
  get(id: string): Token | undefined {
    const entry = this.#byId.get(id);
    return entry === undefined ? undefined : this.#ifGood(entry);
  }

  #ifGood({ token, revoked }: Entry): Token | undefined {
    return revoked || isExpired(token, this.#options.time.now()) ? undefined : token;
  }

  /** Remembers that a token was used, to the minute; nobody waits for it. */
  touch(id: string): void {
    const entry = this.#byId.get(id);
    const now = this.#options.time.now();
    if (entry === undefined || entry.revoked) return;
    if (now - (entry.token.used ?? 0) < USED_EVERY_MS) return;
    entry.token = { ...entry.token, used: now };
    this.#ledger.remember(rowOf(entry.token));
  }

  /** Makes a token; it is durable when this resolves. */
  async create(request: TokenRequest, people: People): Promise<NewToken | TokenRefusal> {
    const refused = this.#refuse(request, people);
    if (refused !== undefined) return refused;
    const { name, role, person = null, ttlMs, by } = request;
    const secret = newSecret('sbt_');
    const created = this.#options.time.now();
    const expires = ttlMs === undefined ? null : created + ttlMs;
    const made = { id: newTokenId(), name, role, person, by };
    const token = { ...made, digest: digestOf(secret), created, expires, used: null };
    // Before it is durable: so no other takes the name meanwhile. Nobody knows its secret yet.
    this.#keep(token);
    const view = viewToken(token, created);
    const data = { ...made, ...attributionOf(request), expires: view.expires };
    try {
      const written = await this.#ledger.record('token.created', data, [rowOf(token)]);
      if (written) return { kind: 'created', view, secret };
    } catch (error) {
      this.#drop(token);
      throw error;
    }
    this.#drop(token);
    return diskFull('the token is not made');
  }

  /**
   * Takes a token back: by its id, or its name. It lets nobody in from this call on, and no restart
   * brings it back once this resolves with `revoked`.
   */
  async revoke(nameOrId: string, by: Attribution): Promise<RevokedToken | TokenRefusal> {
    const entry = this.#named(nameOrId);
    if (entry === undefined) {
      const message = `There is no token "${nameOrId}"; see: signalbox tokens ls`;
      return refusal('token.unknown', message);
    }
    const { token } = entry;
    entry.revoked = true;
    const { id, name } = token;
    const told = { id, name, ...attributionOf(by) };
    const row = { ...rowOf(token), value: null };
    const written = await this.#ledger.record('token.revoked', told, [row]);
    if (!written) return diskFull('the token lets nobody in until the next start, and then again');
    this.#drop(token);
    return { kind: 'revoked', view: viewToken(token, this.#options.time.now()) };
  }

  #refuse(request: TokenRequest, people: People): TokenRefusal | undefined {
    const problem = problemOf(request, people);
    if (problem !== undefined) return refusal('token.invalid', problem);
    const { name } = request;
    const twin = [...this.#byId.values()].find(({ token }) => token.name === name)?.token;
    if (twin !== undefined) {
      const remedy = 'revoke it, or choose another name';
      return refusal('token.exists', `A token is named "${name}" already (${twin.id}); ${remedy}.`);
    }
    if (this.#byId.size < TOKENS_MAX) return undefined;
    const message = `There are ${TOKENS_MAX} tokens; revoke those that are not used any more.`;
    return refusal('token.too_many', message);
  }

  /** One that was not taken back durably can be taken back again. */
  #named(nameOrId: string): Entry | undefined {
    return (
      this.#byId.get(nameOrId) ??
      [...this.#byId.values()].find(({ token }) => token.name === nameOrId)
    );
  }

  #keep(token: Token): void {
    const entry = { token, revoked: false };
    this.#byId.set(token.id, entry);
    this.#byDigest.set(token.digest, entry);
  }

  #drop({ id, digest }: Token): void {
    this.#byId.delete(id);
    this.#byDigest.delete(digest);
  }
}

function rowOf(token: Token): CursorWrite {
  return { source: ROWS, key: token.id, value: writeToken(token) };
}

function problemOf(
  { name, role, person, ttlMs }: TokenRequest,
  people: People,
): string | undefined {
  if (!IDENTITY_NAME.test(name)) {
    return `"${name}" is no name: letters, digits, ".", "_" and "-", at most 64.`;
  }
  if (isReservedName(name)) return `"${name}" stands for somebody else in the log; choose another.`;
  if (ttlMs !== undefined && !(ttlMs > 0 && ttlMs <= TTL_MS_MAX)) {
    return 'A token is good for a time above 0 and up to 100 years.';
  }
  if (person === undefined) {
    return personOf(people, name) === undefined
      ? undefined
      : `"${name}" is a person; say whose the token is by --person ${name}.`;
  }
  if (personOf(people, person) === undefined) {
    return `There is no person "${person}" under "people" in the configuration.`;
  }
  return role === 'agent' ? `An agent is no person; leave --person out.` : undefined;
}

function refusal(code: string, message: string): TokenRefusal {
  return { kind: 'refused', code, message };
}

function diskFull(what: string): TokenRefusal {
  return refusal('store.full', `The disk is full, so ${what}; free some space, and do it again.`);
}
