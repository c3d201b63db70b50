import { formatDuration } from '../std/duration.ts';
import { escapeText } from '../std/escape.ts';
import type { ScheduleView } from '../views/schedule-view.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { count, describePairs, indent, printDocument } from './output.ts';
import { formatInZone } from './schedule-text.ts';

/** The flags of `schedules ls`. */
export interface SchedulesFlags extends Globals {
  readonly next?: number | undefined;
}

const NEXT = 10;
/** How many of those that were missed are shown to people. */
const MISSED_SHOWN = 3;

/** Lists the schedules in force with their next times, the last, and those that were missed. */
export async function listSchedules(this: CliContext, flags: SchedulesFlags): Promise<void> {
  const { next = NEXT } = flags;
  const schedules = await using(await connect(this, flags), (client) => client.schedules(next));
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items: schedules });
  if (schedules.length === 0) {
    return this.terminal.note('No schedules; write a source with "type: schedule".\n');
  }
  await this.terminal.print(`${schedules.map(describe).join('\n\n')}\n`);
}

function describe(schedule: ScheduleView): string {
  const { name, next, last, timezone, handlers } = schedule;
  const shown = (iso: string): string => formatInZone(iso, timezone);
  const [first, ...further] = next.map(shown);
  const lines = [
    ...describePairs([
      ['times', timesOf(schedule)],
      ['handlers', handlers.join(', ')],
      ['last', last === null ? 'never' : shown(last)],
      ['missed', missedText(schedule)],
      ['next', first ?? 'never again'],
    ]),
  ];
  const column = (lines.at(-1)?.length ?? 0) - (first ?? '').length;
  const rest = further.map((time) => `${' '.repeat(column)}${time}`);
  return [escapeText(name), ...indent([...lines, ...rest])].join('\n');
}

function timesOf({ cron, every_ms: everyMs = 0, timezone }: ScheduleView): string {
  return cron === undefined ? `every ${formatDuration(everyMs)}` : `${cron} (${timezone})`;
}

function missedText({ missed, missed_count: all, timezone }: ScheduleView): string | null {
  if (all === 0) return null;
  const latest = missed.slice(-MISSED_SHOWN).map((iso) => formatInZone(iso, timezone));
  return `${count(all, 'occurrence')}, the latest ${latest.toReversed().join(', ')}`;
}
