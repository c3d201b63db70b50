import { z } from 'zod';
import { parseJson } from '../../std/json.ts';
import type { Cursor, CursorChange } from '../source.ts';
import { LISTED_MAX, type Missed } from './plan.ts';

/** What a schedule remembers. */
export interface ScheduleMemory {
  /** The high-water mark: the last nominal time that is dealt with, or when it first began. */
  readonly mark?: number | undefined;
  /** The nominal time of the last occurrence that fired. */
  readonly last?: number | undefined;
  /** All that were passed over since it first began, and the latest of them. */
  readonly missed: Missed;
  /** The times that it kept so far, as they are written. */
  readonly rule?: string | undefined;
}

const missedSchema = z.object({ count: z.int(), times: z.array(z.int()) });
const NONE: Missed = { count: 0, times: [] };

/** What stands in the rows of a schedule. @throws for a row that no schedule has written. */
export function readMemory(cursors: readonly Cursor[]): ScheduleMemory {
  const rows = new Map(cursors.map(({ key, value }) => [key, value]));
  return {
    mark: readTime(rows.get('mark')),
    last: readTime(rows.get('last')),
    missed: readMissed(rows.get('missed')),
    rule: rows.get('rule'),
  };
}

/** The rows that change where one memory takes the place of another. */
export function changedRows(before: ScheduleMemory, after: ScheduleMemory): CursorChange[] {
  const old = new Map(rowsOf(before).map(({ key, value }) => [key, value]));
  return rowsOf(after).filter(({ key, value }) => old.get(key) !== value);
}

/** All that were passed over, with some that are now too. */
export function addMissed(all: Missed, more: Missed): Missed {
  return {
    count: all.count + more.count,
    times: [...all.times, ...more.times].slice(-LISTED_MAX),
  };
}

function rowsOf({ mark, last, missed, rule }: ScheduleMemory): CursorChange[] {
  return [
    { key: 'last', value: last === undefined ? null : isoTime(last) },
    { key: 'mark', value: mark === undefined ? null : isoTime(mark) },
    { key: 'missed', value: missed.count === 0 ? null : JSON.stringify(missed) },
    { key: 'rule', value: rule ?? null },
  ];
}

/** An instant as ISO 8601. */
export function isoTime(instant: number): string {
  return new Date(instant).toISOString();
}

function readTime(text: string | undefined): number | undefined {
  const instant = Date.parse(text ?? '');
  return Number.isNaN(instant) ? undefined : instant;
}

function readMissed(text: string | undefined): Missed {
  return text === undefined ? NONE : missedSchema.parse(parseJson(text));
}
