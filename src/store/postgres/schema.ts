import type pg from 'pg';
import { newLogId } from '../../events/ids.ts';
import { OWN_VOCABULARY } from '../../events/own-types.ts';
import { SignalboxError } from '../../std/errors.ts';
import type { LogIdentity } from '../contract.ts';
import { APPEND_FUNCTION } from './append-function.ts';

/** Key of the advisory lock under which one client at a time migrates or begins a session. */
const OPENING_LOCK = 7_364_218;

/**
 * The tables, as the steps that led to them; `meta.format` says how many a database has taken.
 *
 * - `log_head` is one row: the last seq and its time. Its lock is held until the commit is over,
 *   which makes the log dense, and its order that of the commits: readers need only `seq > last`.
 * - `events` is the log. Payloads are text and never jsonb, to come back byte for byte. Large ones
 *   are kept outside of their row and unpacked, so that no group waits for another's packing.
 * - `runs` is folded from the log. Each open run stands in one of two indexes: `runs_due`, by lane
 *   and due time, or `runs_held`, for what is under way, paused, or waits without a time.
 * - `letters` are the dead letters, folded from the records that carry and that close them.
 * - `entities` are folded from the log too: proposals, and what else has a stream and is no run.
 * - `seen`, `checkpoints`, `windows`, `cursors` and `meta` are coordination state.
 * - `commits` answers a session what became of its last groups.
 *
 * Texts are compared byte by byte, whatever the database's collation.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE signalbox.log_head (
     single boolean PRIMARY KEY DEFAULT true CHECK (single),
     seq bigint NOT NULL, received bigint NOT NULL
   );
   INSERT INTO signalbox.log_head (seq, received) VALUES (0, 0);
   CREATE TABLE signalbox.events (
     seq bigint PRIMARY KEY, received bigint NOT NULL, causation bigint, stream bigint, prev bigint,
     version int NOT NULL, hops int NOT NULL, type text COLLATE "C" NOT NULL, source text, id text,
     subject text, correlation text, attributes text, data text NOT NULL
   );
   ALTER TABLE signalbox.events ALTER COLUMN data SET STORAGE EXTERNAL;
   CREATE INDEX events_caused ON signalbox.events (causation, seq)
     WHERE causation IS NOT NULL AND stream IS NULL;
   CREATE INDEX events_rare ON signalbox.events (type, seq)
     WHERE type IN ('catalog.activated', 'event.dead_lettered', 'flow.paused', 'flow.resumed');
   CREATE TABLE signalbox.runs (
     id bigint PRIMARY KEY, version bigint NOT NULL, event bigint NOT NULL, started bigint NOT NULL,
     due bigint, epoch bigint NOT NULL, ended bigint, parent bigint, fork bigint, branch int,
     hops int NOT NULL, attempt int NOT NULL, crashes int NOT NULL,
     state text COLLATE "C" NOT NULL, lane text COLLATE "C" NOT NULL,
     flow text COLLATE "C" NOT NULL, catalog text NOT NULL, correlation text NOT NULL,
     at text NOT NULL, reason text
   ) WITH (fillfactor = 70);
   CREATE INDEX runs_due ON signalbox.runs (lane, state, due, id)
     WHERE state IN ('queued', 'waiting') AND due IS NOT NULL;
   CREATE INDEX runs_held ON signalbox.runs (state, id)
     WHERE state IN ('running', 'paused') OR (state IN ('queued', 'waiting') AND due IS NULL);
   CREATE INDEX runs_event ON signalbox.runs (event);
   CREATE INDEX runs_parent ON signalbox.runs (parent, id) WHERE parent IS NOT NULL;
   CREATE TABLE signalbox.letters (
     id bigint PRIMARY KEY, event bigint NOT NULL, run bigint, at bigint NOT NULL, closed bigint,
     attempts int NOT NULL, kind text COLLATE "C" NOT NULL, state text COLLATE "C" NOT NULL,
     flow text COLLATE "C" NOT NULL, step text, code text NOT NULL, message text NOT NULL
   );
   CREATE INDEX letters_open ON signalbox.letters (id) WHERE closed IS NULL;
   CREATE TABLE signalbox.seen (
     period bigint NOT NULL, key text COLLATE "C" NOT NULL,
     digest text NOT NULL, seq bigint NOT NULL,
     PRIMARY KEY (period, key)
   );
   CREATE TABLE signalbox.checkpoints (
     consumer text COLLATE "C" PRIMARY KEY, seq bigint NOT NULL, state text NOT NULL
   ) WITH (fillfactor = 50);
   CREATE TABLE signalbox.windows (
     flow text COLLATE "C", key text COLLATE "C", due bigint NOT NULL, state text NOT NULL,
     PRIMARY KEY (flow, key)
   ) WITH (fillfactor = 50);
   CREATE TABLE signalbox.commits (
     session bigint NOT NULL, lane int NOT NULL, number bigint NOT NULL, first_seq bigint NOT NULL,
     floor_received bigint NOT NULL, refused_units int[], refused_reasons int[],
     refused_seqs bigint[], written timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (session, lane)
   ) WITH (fillfactor = 50);
   CREATE TABLE signalbox.names (since bigint PRIMARY KEY, log_id text NOT NULL);
   INSERT INTO signalbox.meta VALUES ('incarnation', 1), ('epoch', 0), ('clean_epoch', 0);`,
  `CREATE TABLE signalbox.cursors (
     source text COLLATE "C", key text COLLATE "C", value text NOT NULL, PRIMARY KEY (source, key)
   ) WITH (fillfactor = 70);
   DROP INDEX IF EXISTS signalbox.windows_due;`,
  `CREATE INDEX runs_correlation ON signalbox.runs (correlation, id) WHERE branch IS NULL;`,
  `CREATE TABLE signalbox.entities (
     id bigint PRIMARY KEY, version bigint NOT NULL, run bigint, due bigint, ended bigint,
     kind text COLLATE "C" NOT NULL, state text COLLATE "C" NOT NULL, data text NOT NULL
   ) WITH (fillfactor = 70);
   CREATE INDEX entities_open ON signalbox.entities (kind, id) WHERE ended IS NULL;
   CREATE INDEX entities_due ON signalbox.entities (kind, due, id) WHERE due IS NOT NULL;
   CREATE INDEX entities_run ON signalbox.entities (run, id) WHERE run IS NOT NULL;`,
  `-- Only the function differs: what moves a run may pin it to another catalog.`,
];

/**
 * Puts the function in force that fits the tables as they are behind the last step. It is part of
 * no step: so a step that changes it has nothing to say of what it was before.
 */
const RENEW_FUNCTION = `DROP FUNCTION IF EXISTS signalbox.append; ${APPEND_FUNCTION}`;

/**
 * Brings the tables up to date and begins a session, both in one transaction: of several clients
 * that open an empty database at once, one makes the tables and each gets an epoch of its own.
 *
 * @throws SignalboxError `data.newer` where a newer version of Signalbox wrote the database.
 */
export async function beginSession(client: pg.Client): Promise<LogIdentity> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [OPENING_LOCK]);
    await migrate(client);
    const identity = await raiseEpoch(client);
    await client.query('COMMIT');
    return identity;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function migrate(client: pg.Client): Promise<void> {
  await makeMeta(client);
  const format = (await metaOf(client, 'format')) ?? 0;
  if (format > MIGRATIONS.length) {
    throw newer(`has format ${format}, this version of Signalbox knows up to ${MIGRATIONS.length}`);
  }
  const vocabulary = (await metaOf(client, 'vocabulary')) ?? 0;
  if (vocabulary > OWN_VOCABULARY) {
    throw newer('was used by a version of Signalbox that knows more kinds of events than this one');
  }
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < format) continue;
    await client.query(sql);
    if (index === 0) {
      await client.query('INSERT INTO signalbox.names VALUES (1, $1)', [newLogId()]);
    }
    await client.query(`UPDATE signalbox.meta SET value = $1 WHERE name = 'format'`, [index + 1]);
  }
  if (format < MIGRATIONS.length) await client.query(RENEW_FUNCTION);
  await client.query(
    `INSERT INTO signalbox.meta VALUES ('vocabulary', $1)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [OWN_VOCABULARY],
  );
}

function newer(problem: string): SignalboxError {
  const remedy = 'run that newer version, or restore a backup from before it.';
  return new SignalboxError('data.newer', `The database ${problem}; ${remedy}`);
}

/** Makes the table of such numbers where it is missing. */
async function makeMeta(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ schema: string | null; meta: string | null }>(
    `SELECT to_regnamespace('signalbox')::text AS schema,
       to_regclass('signalbox.meta')::text AS meta`,
  );
  // Asked first, since a role may use the schema that an administrator made and not create one.
  if (rows[0]?.schema === null) await client.query('CREATE SCHEMA signalbox');
  if (rows[0]?.meta === null) {
    await client.query(
      `CREATE TABLE signalbox.meta (name text PRIMARY KEY, value bigint NOT NULL);
       INSERT INTO signalbox.meta VALUES ('format', 0);`,
    );
  }
}

async function metaOf(client: pg.Client, name: string): Promise<number | undefined> {
  const { rows } = await client.query<{ value: number }>(
    'SELECT value FROM signalbox.meta WHERE name = $1',
    [name],
  );
  return rows[0]?.value;
}

async function raiseEpoch(client: pg.Client): Promise<LogIdentity> {
  await client.query(`UPDATE signalbox.meta SET value = value + 1 WHERE name = 'epoch'`);
  const meta = await client.query<{ name: string; value: number }>(
    'SELECT name, value FROM signalbox.meta',
  );
  const names = await client.query<{ since: number; log_id: string }>(
    'SELECT since, log_id FROM signalbox.names ORDER BY since',
  );
  const head = await client.query<{ received: number }>('SELECT received FROM signalbox.log_head');
  const values = new Map(meta.rows.map(({ name, value }) => [name, value]));
  const epoch = values.get('epoch') ?? 1;
  return {
    names: names.rows.map(({ since, log_id: logId }) => ({ from: since, logId })),
    incarnation: values.get('incarnation') ?? 1,
    epoch,
    afterCleanStop: values.get('clean_epoch') === epoch - 1,
    lastReceived: head.rows[0]?.received ?? 0,
  };
}

/** Remembers that the session ended its work before it closed. */
export async function endSession(pool: pg.Pool, epoch: number): Promise<void> {
  await pool.query(
    `UPDATE signalbox.meta SET value = greatest(value, $1) WHERE name = 'clean_epoch'`,
    [epoch],
  );
}
