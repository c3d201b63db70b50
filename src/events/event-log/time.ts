import { isTimestamp } from '../../std/timestamp.ts';

const SECONDS_LENGTH = 10;
const MILLISECONDS_LENGTH = 13;

/**
 * The time that a log's writer meant, as RFC 3339; undefined where nobody can tell.
 *
 * Read are RFC 3339 as it is, a zone without its colon, a decimal comma, no zone (UTC), what a
 * `date` without milliseconds makes of `%3N`, and seconds or milliseconds since 1970.
 */
export function readTime(written: string): string | undefined {
  const text = written.trim();
  if (isTimestamp(text)) return text;
  return ofNumber(text) ?? repaired(text);
}

function ofNumber(text: string): string | undefined {
  const [, whole = '', fraction = ''] = /^(\d+)(\.\d{1,9})?$/.exec(text) ?? [];
  if (whole.length === SECONDS_LENGTH) return isoOf(Number(`${whole}${fraction}`) * 1_000);
  return whole.length === MILLISECONDS_LENGTH ? isoOf(Number(whole)) : undefined;
}

function isoOf(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}

function repaired(text: string): string | undefined {
  const known = text
    .replace(/\.%?3N(?=Z|$)/, '')
    .replace(/,(?=\d+)/, '.')
    .replace(/([+-]\d\d)(\d\d)$/, '$1:$2');
  return [known, `${known}Z`].find(isTimestamp);
}
