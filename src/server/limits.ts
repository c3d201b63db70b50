/** What one client, and all of them together, may take of the daemon. */
export interface ServerLimits {
  readonly bodyBytes: number;
  readonly headerBytes: number;
  /** How long a request's headers may take to arrive. */
  readonly headersMs: number;
  /** How long a whole request may take to arrive. */
  readonly requestMs: number;
  /** How often the two are looked at. */
  readonly sweepMs: number;
  /** How long a connection may stay open without a request. */
  readonly idleMs: number;
  readonly connections: number;
  /** Live streams at once: fewer than connections, so that the rest of the API stays in reach. */
  readonly streams: number;
  /** How often a stream without events says that it lives. */
  readonly heartbeatMs: number;
  /** How long a stream's reader may take nothing before it is let go. */
  readonly stallMs: number;
  /** How long `min_seq` waits for the router. */
  readonly minSeqMs: number;
  /** How long a stop waits for answers under way. */
  readonly drainMs: number;
  /** Wrong tokens from one address within a minute before it is told to wait. */
  readonly wrongTokens: number;
}

/** The limits of a daemon. */
export const SERVER_LIMITS: ServerLimits = {
  bodyBytes: 1_048_576,
  headerBytes: 16_384,
  headersMs: 10_000,
  requestMs: 30_000,
  sweepMs: 1_000,
  idleMs: 20_000,
  connections: 256,
  streams: 64,
  heartbeatMs: 15_000,
  stallMs: 60_000,
  minSeqMs: 5_000,
  drainMs: 1_500,
  wrongTokens: 10,
};
