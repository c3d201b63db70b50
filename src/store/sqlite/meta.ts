import type { LogIdentity } from '../contract.ts';
import type { SqliteDatabase } from './driver.ts';
import { damagedRow, rowSum } from './row-sum.ts';

/** A number that the store keeps about itself. Throws `data.corrupt` where it has changed. */
export function metaValue(db: SqliteDatabase, name: string): number {
  const row = db.prepare('SELECT value, sum FROM meta WHERE name = ?').get(name);
  const value = Number(row?.['value']);
  if (row?.['sum'] !== rowSum('meta', name, value)) throw damagedRow(`its ${name}`);
  return value;
}

/** Changes one. */
export function setMetaValue(db: SqliteDatabase, name: string, value: number): void {
  const sum = rowSum('meta', name, value);
  db.prepare('UPDATE meta SET value = ?, sum = ? WHERE name = ?').run(value, sum, name);
}

/** The names of the log. Throws `data.corrupt` where one has changed. */
export function namesOf(db: SqliteDatabase): LogIdentity['names'] {
  const rows = db.prepare('SELECT since, log_id, sum FROM names ORDER BY since').all();
  return rows.map(({ since, log_id: logId, sum }) => {
    const name = { from: Number(since), logId: String(logId) };
    if (sum !== rowSum('names', name.from, name.logId)) throw damagedRow('a name of the log');
    return name;
  });
}
