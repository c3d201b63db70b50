import { randomText } from '../std/random.ts';

/** A new log's id: random, so that ids of two logs never meet, and a restored one never reuses a key. */
export function newLogId(): string {
  return `sb${randomText(8)}`;
}

/** The shown id of what the log itself numbers, such as `sb4k7m2xq9-42`. */
export function formatId(logId: string, seq: number): string {
  return `${logId}-${seq}`;
}

/** The seq in an id of ours, or in a bare number typed by a person; undefined for a foreign id. */
export function parseId(id: string): { readonly logId: string | undefined; readonly seq: number } | undefined {
  const parts = /^(?:(sb[0-9a-hjkmnp-tv-z]{8})-)?([1-9]\d{0,15})$/.exec(id);
  return parts === null ? undefined : { logId: parts[1], seq: Number(parts[2]) };
}
