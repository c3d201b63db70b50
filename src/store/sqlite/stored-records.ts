import type { GroupsQuery, StoredGroup, StoredRecord } from '../care.ts';
import { payloadDigest } from './chain.ts';
import type { SqliteDatabase, SqliteRow } from './driver.ts';

/** Columns of a record as they are chained, behind its seq and before its payload's digest. */
export const CHAINED = [
  'type',
  'version',
  'source',
  'id',
  'subject',
  'received',
  'correlation',
  'causation',
  'hops',
  'stream',
  'prev',
  'attributes',
] as const;

/** Characters of payloads after which a page of groups ends. */
const PAGE_LENGTH = 4_194_304;
const PAGE_GROUPS = 200;

type Value = string | number | null;

/** The values of a record as they stand in the chain. */
export function chainedValues(db: SqliteDatabase, row: SqliteRow): Value[] {
  return [...headOf(row), digestOf(db, row)];
}

function headOf(row: SqliteRow): Value[] {
  return [Number(row['seq']), ...CHAINED.map((column) => plain(row[column]))];
}

/** What stands in the chain for the row's payload, also where that was erased. */
export function digestOf(db: SqliteDatabase, row: SqliteRow): string {
  const { salt } = row;
  if (typeof salt === 'string') return payloadDigest(salt, dataOf(db, row));
  const erased = db.prepare('SELECT digest FROM erased WHERE seq = ?').get(Number(row['seq']));
  return String(erased?.['digest'] ?? '');
}

/** The payload of a row, wherever it is kept. */
export function dataOf(db: SqliteDatabase, row: SqliteRow): string {
  if (row['data'] !== null) return String(row['data']);
  const parts = db
    .prepare('SELECT bytes FROM blobs WHERE seq = ? ORDER BY part')
    .all(Number(row['seq']));
  return Buffer.concat(parts.map((part) => part['bytes'] as Uint8Array)).toString('utf8');
}

/** Commit groups behind a seq, a page of them. */
export function readGroups(db: SqliteDatabase, { after, until }: GroupsQuery): StoredGroup[] {
  const segments = db
    .prepare('SELECT last, digest FROM segments WHERE last > ? AND last <= ? ORDER BY last LIMIT ?')
    .all(after, until, PAGE_GROUPS);
  const rows = db.prepare('SELECT * FROM events WHERE seq > ? AND seq <= ? ORDER BY seq');
  const groups: StoredGroup[] = [];
  let [from, length] = [after, 0];
  for (const segment of segments) {
    const last = Number(segment['last']);
    const records = rows.all(from, last).map((row) => storedRecord(db, row));
    groups.push({ last, digest: String(segment['digest']), records });
    from = last;
    length += records.reduce((sum, { data }) => sum + data.length, 0);
    if (length > PAGE_LENGTH) break;
  }
  return groups;
}

function storedRecord(db: SqliteDatabase, row: SqliteRow): StoredRecord {
  const salt = typeof row['salt'] === 'string' ? row['salt'] : null;
  const data = salt === null ? digestOf(db, row) : dataOf(db, row);
  return { head: headOf(row), salt, data };
}

function plain(value: unknown): Value {
  return typeof value === 'bigint' ? Number(value) : (value as Value);
}
