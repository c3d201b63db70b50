import { hash } from 'node:crypto';
import { SignalboxError } from '../../std/errors.ts';

const SUM_LENGTH = 8;

/**
 * What stands beside each row that no chain covers, so that a byte of it that changed by itself is
 * noticed: 48 bits of SHA-256 over its table and its values.
 */
export function rowSum(table: string, ...values: readonly (string | number | null)[]): string {
  return hash('sha256', JSON.stringify([table, ...values]), 'base64').slice(0, SUM_LENGTH);
}

/** What a row whose sum is wrong means to the user. */
export function damagedRow(what: string): SignalboxError {
  const message = `The database is damaged: ${what} is not what was written. Restore a backup.`;
  return new SignalboxError('data.corrupt', message);
}
