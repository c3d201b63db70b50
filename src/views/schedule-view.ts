import type { Catalog } from '../flows/catalog.ts';
import type { SourceDefinition } from '../flows/source.ts';
import { isoTime, readMemory } from '../sources/schedule/memory.ts';
import { nextOccurrences, occurrencesOf } from '../sources/schedule/occurrences.ts';
import { scheduleConfig, scheduleShape } from '../sources/schedule/shape.ts';
import type { Store } from '../store/contract.ts';

/** A schedule as people and programs see it. Times are ISO 8601 in UTC. */
export interface ScheduleView {
  /** The name of the source. */
  readonly name: string;
  /** Its times as they are written. */
  readonly cron?: string;
  readonly every_ms?: number;
  readonly timezone: string;
  readonly handlers: readonly string[];
  /** The nominal times that come next. */
  readonly next: readonly string[];
  /** The nominal time of the last occurrence that fired; null before the first. */
  readonly last: string | null;
  /** The latest of those that were passed over, and how many were since it first began. */
  readonly missed: readonly string[];
  readonly missed_count: number;
}

/** What schedules are read of: those in force, and what they remember. */
export interface ScheduleReader {
  readonly store: Pick<Store, 'cursors'>;
  catalog(): Promise<Catalog>;
}

/** More rows than a schedule remembers. */
const ROWS_MAX = 100;

/** The schedules in force in the files' order, each with its `count` next times after `now`. */
export async function readSchedules(
  reader: ScheduleReader,
  range: { readonly now: number; readonly count: number },
): Promise<ScheduleView[]> {
  const { sources } = await reader.catalog();
  const views: ScheduleView[] = [];
  for (const definition of sources?.values() ?? []) {
    if (definition.type !== scheduleShape.type) continue;
    const { name: source } = definition;
    const memory = readMemory(await reader.store.cursors({ source, limit: ROWS_MAX }));
    views.push(viewSchedule(definition, { memory, ...range }));
  }
  return views;
}

function viewSchedule(
  { name, handlers, config }: SourceDefinition,
  reading: {
    readonly memory: ReturnType<typeof readMemory>;
    readonly now: number;
    readonly count: number;
  },
): ScheduleView {
  const { cron, every, timezone } = scheduleConfig(config);
  const { memory, now, count } = reading;
  const { mark = now, last, missed } = memory;
  const times = occurrencesOf({ cron, every, timezone });
  // What the mark has passed never comes again, wherever the clock was set.
  const next = nextOccurrences(times, { after: Math.max(mark, now), count });
  return {
    name,
    ...(cron === undefined ? {} : { cron }),
    ...(every === undefined ? {} : { every_ms: every }),
    timezone,
    handlers,
    next: next.map(isoTime),
    last: last === undefined ? null : isoTime(last),
    missed: missed.times.map(isoTime),
    missed_count: missed.count,
  };
}
