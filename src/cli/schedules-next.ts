import { cronProblem } from '../sources/schedule/cron.ts';
import { isoTime } from '../sources/schedule/memory.ts';
import { cronOccurrences, nextOccurrences } from '../sources/schedule/occurrences.ts';
import { SystemClock } from '../std/clock.ts';
import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { parseZonedTime, timeZoneProblem } from '../std/zoned-time.ts';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';
import { formatInZone } from './schedule-text.ts';

/** The flags of `schedules next`. */
export interface NextFlags extends Globals {
  readonly timezone?: string | undefined;
  readonly from?: string | undefined;
  readonly count?: number | undefined;
}

const COUNT = 10;
const COUNT_MAX = 1_000;

/**
 * Prints when a cron comes, without a daemon: the times at or after `--from`, or after now.
 *
 * @throws SignalboxError `usage.invalid` for what is no cron, no zone, no time or too many.
 */
export async function nextTimes(this: CliContext, flags: NextFlags, cron: string): Promise<void> {
  const { timezone = 'UTC', count = COUNT, from } = flags;
  refuse(cronProblem(cron), 'CRON');
  refuse(timeZoneProblem(timezone), '--timezone');
  refuse(count > COUNT_MAX ? `at most ${COUNT_MAX} are shown` : undefined, '--count');
  const after = from === undefined ? new SystemClock().now() : startOf(from, timezone) - 1;
  const next = nextOccurrences(cronOccurrences(cron, timezone), { after, count }).map(isoTime);
  if (wantsJson(this, flags)) return printDocument(this.terminal, { cron, timezone, next });
  const lines = next.map((iso) => `${iso}  ${formatInZone(iso, timezone)} ${timezone}`);
  await this.terminal.print(`${lines.join('\n')}\n`);
}

/** A time without a zone is one of the cron's. */
function startOf(text: string, timezone: string): number {
  const instant = parseZonedTime(text) ?? parseZonedTime(text, timezone);
  if (instant === undefined) refuse('it is no time; write one such as 2026-03-29T00:00', '--from');
  return instant ?? 0;
}

function refuse(problem: string | undefined, word: string): void {
  if (problem === undefined) return;
  const end = problem.endsWith('?') ? '' : '.';
  throw new SignalboxError('usage.invalid', `${word}: ${escapeText(problem)}${end}`);
}
