import { withoutCredentials } from '../sources/credentials.ts';
import type { LogDoor } from '../sources/door.ts';
import type { Redaction } from '../std/redact.ts';
import type { SecretTable } from '../store/secrets/secret-table.ts';

/**
 * What stands between sources and the log: seals what a source says is secret, and takes out the
 * credentials that strangers sent. What is taken out is gone, so what is sealed comes first.
 */
export function secretGuard(
  table: SecretTable,
  redaction: Redaction,
): NonNullable<LogDoor['guard']> {
  return ({ name: source, secretFields = [], secretKeepMs = 0, redact }, data) => {
    const plain = redact === true ? withoutCredentials : (text: string): string => text;
    if (secretFields.length === 0) return { data: plain(data), cursors: [] };
    const taken = table.take({ source, data }, secretFields, secretKeepMs);
    // Sealed for these bytes: the store must find nothing more to take out.
    const final = redaction.json(plain(taken.data));
    return { data: final, cursors: taken.seal(final) };
  };
}
