import { cronOccurrences } from '../../../src/sources/schedule/occurrences.ts';
import { type ScannedCron, scanWalls } from './wall-scan.ts';

/** Zones of every kind: half an hour, half an hour set, none set, twice a year about Ramadan. */
export const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'America/Sao_Paulo',
  'Africa/Casablanca',
] as const;

/** Crons of every kind, each with what it means, told without a library. */
export const CRONS: readonly ScannedCron[] = [
  { cron: '30 2 * * *', calendar: true, fits: (w) => w.hour === 2 && w.minute === 30 },
  {
    cron: '0,15 2 * * *',
    calendar: true,
    fits: (w) => w.hour === 2 && w.minute % 15 === 0 && w.minute < 30,
  },
  {
    cron: '*/20 1-3 * * *',
    calendar: true,
    fits: (w) => w.hour >= 1 && w.hour <= 3 && w.minute % 20 === 0,
  },
  { cron: '0 */4 * * *', calendar: true, fits: (w) => w.hour % 4 === 0 && w.minute === 0 },
  { cron: '0 0 * * *', calendar: true, fits: (w) => w.hour === 0 && w.minute === 0 },
  {
    cron: '0 9 * * MON',
    calendar: true,
    fits: (w) => w.weekday === 1 && w.hour === 9 && w.minute === 0,
  },
  {
    cron: '45 1 * * SUN',
    calendar: true,
    fits: (w) => w.weekday === 0 && w.hour === 1 && w.minute === 45,
  },
  {
    cron: '10 2 1,29 MAR,OCT SUN',
    calendar: true,
    fits: (w) =>
      [3, 10].includes(w.month) &&
      ([1, 29].includes(w.day) || w.weekday === 0) &&
      w.hour === 2 &&
      w.minute === 10,
  },
  { cron: '*/30 * * * *', calendar: false, fits: (w) => w.minute % 30 === 0 },
  { cron: '15 * * * *', calendar: false, fits: (w) => w.minute === 15 },
  { cron: '5 * * * SUN', calendar: false, fits: (w) => w.weekday === 0 && w.minute === 5 },
];

/** Where our calculation and the look at the clock differ: forwards and backwards, none at best. */
export function differences(zone: string, from: number, to: number): string[] {
  const seen = scanWalls(CRONS, { zone, from, to });
  return CRONS.flatMap(({ cron }, index) => {
    const expected = seen[index] ?? [];
    const { after, upTo } = cronOccurrences(cron, zone);
    const forwards = walk(after, from - 1, (next) => next < to);
    const backwards = walk(
      (last) => upTo(last - 1),
      to,
      (last) => last >= from,
    ).toReversed();
    return [
      ...compare(`${cron} in ${zone} after`, forwards, expected),
      ...compare(`${cron} in ${zone} up to`, backwards, expected),
    ];
  });
}

function walk(
  step: (from: number) => number | undefined,
  start: number,
  goesOn: (at: number) => boolean,
): number[] {
  const found: number[] = [];
  let at = step(start);
  while (at !== undefined && goesOn(at)) {
    found.push(at);
    at = step(at);
  }
  return found;
}

function compare(what: string, found: readonly number[], expected: readonly number[]): string[] {
  const length = Math.max(found.length, expected.length);
  const index = Array.from({ length }, (_, at) => at).find((at) => found[at] !== expected[at]);
  if (index === undefined) return [];
  return [`${what}: ${shown(found[index])}, but the clock says ${shown(expected[index])}`];
}

function shown(instant: number | undefined): string {
  return instant === undefined ? 'none' : new Date(instant).toISOString();
}

/** The days of a span at whose ends the clock of a zone is not as far from UTC, as instants. */
export function setDays(zone: string, from: number, to: number): number[] {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' });
  const days: number[] = [];
  for (let day = from; day < to; day += DAY_MS) {
    if (format.format(day) !== format.format(day + DAY_MS)) days.push(day);
  }
  return days;
}

/** A day of UTC, in milliseconds. */
export const DAY_MS = 86_400_000;
