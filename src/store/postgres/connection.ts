import type pg from 'pg';
import { SignalboxError } from '../../std/errors.ts';

/** The `pg` package, as far as the store uses it. */
export type Driver = Pick<typeof pg, 'Client' | 'Pool' | 'types'>;

/** How long a connection may take to come about. */
const CONNECT_MS_MAX = 10_000;
/** Silence on a connection after which its other end is asked whether it still lives. */
const KEEPALIVE_MS = 30_000;
const READERS_MAX = 4;
const VERSION_MIN = 150_000;

/** PostgreSQL's numbers for the types that JavaScript shall see as numbers. */
const INT8 = 20;
const INT8_ARRAY = 1016;

/**
 * Loads `pg`, which only those install who use it.
 *
 * @throws SignalboxError `store.driver_missing` where it is not installed.
 */
export async function loadPg(load = (): Promise<unknown> => import('pg')): Promise<Driver> {
  try {
    const { default: driver } = (await load()) as { default: Driver };
    return driver;
  } catch (cause) {
    const message = 'A store on PostgreSQL needs the package "pg"; install it with: npm install pg';
    throw new SignalboxError('store.driver_missing', message, { cause });
  }
}

/** Where the connections of one store come from. */
export class Connections {
  readonly pool: pg.Pool;
  readonly #driver: Driver;
  readonly #config: pg.ClientConfig;
  #ending: Promise<void> | undefined;

  constructor(driver: Driver, url: string) {
    this.#driver = driver;
    this.#config = {
      connectionString: url,
      application_name: 'signalbox',
      connectionTimeoutMillis: CONNECT_MS_MAX,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEPALIVE_MS,
      types: { getTypeParser: (id, format) => parserOf(driver, id, format) },
    };
    this.pool = new driver.Pool({ ...this.#config, max: READERS_MAX });
    // A connection that breaks is replaced by the pool, and the query under way on it fails, which
    // is where it is handled. An error that nobody listens to would end the process.
    this.pool.on('error', () => {});
    this.pool.on('connect', (client) => client.on('error', () => {}));
  }

  /**
   * A connection of its own, fit for writing: what a role or a database may have set otherwise is
   * set right. Without `synchronous_commit` an acknowledged record could be lost, and with another
   * isolation level a group would decide by what it saw before it had the lock.
   *
   * It is cut when `signal` is aborted, and where that comes first, it does not come about.
   */
  async open(signal?: AbortSignal): Promise<pg.Client> {
    const client = new this.#driver.Client({ ...this.#config, pipeline: true });
    client.on('error', () => {});
    const abort = (): void => cut(client);
    signal?.addEventListener('abort', abort);
    client.once('end', () => signal?.removeEventListener('abort', abort));
    await client.connect();
    await client.query(SESSION);
    return client;
  }

  /** Lets go of the pool's connections; asked again, it is the same end. */
  end(): Promise<void> {
    return (this.#ending ??= this.pool.end());
  }
}

const SESSION = `
  SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
  SET client_encoding = 'UTF8';
  SET search_path = pg_catalog;
  SET tcp_keepalives_idle = ${KEEPALIVE_MS / 1_000};
  SET tcp_keepalives_interval = 10;
  SET tcp_keepalives_count = 3;
  SELECT set_config('synchronous_commit', 'on', false)
  WHERE current_setting('synchronous_commit') = 'off';`;

/** Lets go of a connection at once, whatever is under way on it. */
export function cut(client: pg.Client): void {
  client.connection.stream.destroy();
}

/** @throws SignalboxError `data.unusable` where the server cannot keep the promises. */
export async function assertServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string; standby: boolean }>(
    `SELECT current_setting('server_version_num')::int AS version,
       current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS standby`,
  );
  const [server] = rows;
  if (server === undefined) return;
  if (server.version < VERSION_MIN) {
    const major = Math.floor(server.version / 10_000);
    throw unusable(`The server is PostgreSQL ${major}; use version 15 or newer.`);
  }
  if (server.encoding !== 'UTF8') {
    const remedy = `create it with ENCODING 'UTF8'`;
    throw unusable(`The database has the encoding ${server.encoding}; ${remedy}.`);
  }
  if (server.standby) throw unusable('The server is a standby; give the URL of the primary.');
}

function unusable(message: string): SignalboxError {
  return new SignalboxError('data.unusable', message);
}

function parserOf(
  driver: Driver,
  id: number,
  format?: 'text' | 'binary',
): (text: string) => unknown {
  if (id === INT8) return Number;
  const parse = driver.types.getTypeParser(id, format) as (text: string) => unknown;
  if (id !== INT8_ARRAY) return parse;
  return (text) => (parse(text) as readonly (string | null)[]).map((item) => Number(item));
}
