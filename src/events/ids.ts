import { randomText } from '../std/random.ts';

/** A new log's id: random, so that ids of two logs never meet and a restore reuses no key. */
export function newLogId(): string {
  return `sb${randomText(8)}`;
}

/** The shown id of what the log itself numbers, such as `sb4k7m2xq9-42`. */
export function formatId(logId: string, seq: number): string {
  return `${logId}-${seq}`;
}

/** An id of ours taken apart. */
export interface ParsedId {
  /** Undefined where a person typed the bare number. */
  readonly logId: string | undefined;
  readonly seq: number;
}

/** The parts of an id of ours; undefined for a foreign id. */
export function parseId(id: string): ParsedId | undefined {
  const parts = /^(?:(sb[0-9a-hjkmnp-tv-z]{8})-)?([1-9]\d{0,15})$/.exec(id);
  const seq = Number(parts?.[2]);
  return Number.isSafeInteger(seq) ? { logId: parts?.[1], seq } : undefined;
}
