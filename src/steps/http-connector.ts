import { isIP, type LookupFunction } from 'node:net';
import type { buildConnector as BuildConnector } from 'undici';
import { isPublicAddress } from '../std/address.ts';
import { SignalboxError } from '../std/errors.ts';
import { type AllowedHost, isAllowed } from './http-allow.ts';

/** A connection that did not come about, so that nothing was sent over it. */
export class UnsentError extends Error {
  override readonly cause: Error;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.cause = cause;
  }
}

export interface ConnectorOptions {
  readonly allow: readonly AllowedHost[];
  readonly lookup: LookupFunction;
  readonly build: typeof BuildConnector;
}

/** How long a connection may take to come about. */
const CONNECT_MS_MAX = 10_000;

/**
 * Connects to public hosts, and to those that `allow` names.
 *
 * A name is resolved once, and the connection goes to the addresses that were checked then: an
 * answer that changes afterwards changes nothing.
 */
export function guardedConnector(options: ConnectorOptions): BuildConnector.connector {
  const { allow, lookup, build } = options;
  const open = build({ timeout: CONNECT_MS_MAX, lookup });
  const guarded = build({ timeout: CONNECT_MS_MAX, lookup: publicLookup(lookup) });
  return (target, callback) => {
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    const trusted = isAllowed(allow, target.hostname, port);
    // An address is connected to without a lookup, so it is checked here.
    if (!trusted && isIP(target.hostname) !== 0 && !isPublicAddress(target.hostname)) {
      callback(new UnsentError(forbidden(target.hostname, target.hostname)), null);
      return;
    }
    const connect = trusted ? open : guarded;
    connect(target, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(new UnsentError(error), null);
    });
  };
}

/** A lookup that gives no address at all where one of them is not public: half a lie is one. */
function publicLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = Array.isArray(found) ? found : [];
      const [first] = addresses;
      if (first === undefined) return callback(new Error(`${hostname} has no address`), []);
      const refused = addresses.find(({ address }) => !isPublicAddress(address));
      if (refused !== undefined) return callback(forbidden(hostname, refused.address), []);
      if (options.all === true) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

function forbidden(hostname: string, address: string): SignalboxError {
  const place = hostname === address ? address : `${hostname} (${address})`;
  const message =
    `${place} is not a host of the public internet. Where it is meant, ` +
    'name it with its port under "security.http_allow".';
  return new SignalboxError('http.forbidden_address', message);
}
