import { parseDuration } from '../std/duration.ts';
import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';

/**
 * A time as `90m` ago, or a date, in milliseconds since 1970; without a zone the local one is
 * meant.
 *
 * @throws SignalboxError `usage.invalid` for what is no time.
 */
export function parseSince(text: string, now: number, flag = '--since'): number {
  const ago = parseDuration(text);
  const time = ago === undefined ? Date.parse(text) : now - ago;
  if (!Number.isNaN(time)) return time;
  const message = `${flag} ${escapeText(text)} is no time; write 90m, 2d or 2026-11-20T09:00.`;
  throw new SignalboxError('usage.invalid', message);
}
