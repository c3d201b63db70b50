import { matchesText } from '../../../events/pattern.ts';
import { didYouMean } from '../../../std/diagnostics.ts';
import type { Played } from './play.ts';
import type { Expectation, Unmet, Wanted } from './scenario.ts';
import { type Thing, thingsOf, timeText } from './things.ts';

/** How many of the nearest things are told. */
const NEAREST_MAX = 5;

/** What did not come true, and what was there in its place; first, what nobody would hear. */
export function judge(expectations: readonly Expectation[], played: Played): Unmet[] {
  const unmet = expectations.flatMap((expectation) => unmetBy(expectation, played) ?? []);
  return [...played.unheard, ...unmet];
}

function unmetBy(expectation: Expectation, played: Played): Unmet | undefined {
  const { byMs = Number.POSITIVE_INFINITY, never, count } = expectation;
  const things = thingsOf(expectation, played);
  const met = things.filter((thing) => thing.fits && holds(expectation, thing));
  const inTime = met.filter(({ atMs }) => atMs <= byMs);
  const isMet = never
    ? inTime.length === 0
    : count === undefined
      ? inTime.length > 0
      : inTime.length === count;
  if (isMet) return undefined;
  const { place } = expectation;
  const expected = expectedText(expectation);
  if (inTime.length > 0) {
    const instead = inTime.length === 1 ? 'there was 1' : `there were ${inTime.length}`;
    return { place, expected, instead, nearest: told(inTime) };
  }
  if (met.length > 0) return { place, expected, instead: 'it came too late', nearest: told(met) };
  const near = things.filter(({ name }) => matchesText(expectation.name, name));
  return { place, expected, instead: insteadOf(expectation, things), nearest: told(near) };
}

/** A condition without a value for a thing does not hold for it. */
function holds({ where }: Wanted, { scope }: Thing): boolean {
  try {
    return where === undefined || where.test(scope);
  } catch {
    return false;
  }
}

function expectedText({ never, what, name, ...rest }: Expectation): string {
  const { state, step, risk, level, to, urgency, where, count, byMs } = rest;
  const parts = [
    never ? `never: ${what} ${name}` : `${what} ${name}`,
    state === undefined ? '' : `in state ${state}`,
    step === undefined ? '' : `of step ${step}`,
    to === undefined ? '' : `to ${to}`,
    risk === undefined ? '' : `of risk ${risk}`,
    level === undefined ? '' : `of level ${level}`,
    urgency === undefined ? '' : `of urgency ${urgency}`,
    where === undefined ? '' : `where ${where.text}`,
    count === undefined ? '' : count === 1 ? 'once' : `${count} times`,
    byMs === undefined ? '' : `by ${timeText(byMs)}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function insteadOf({ what, name }: Expectation, things: readonly Thing[]): string {
  const names = [...new Set(things.map((thing) => thing.name))];
  if (names.some((each) => matchesText(name, each))) return `there was none such`;
  const meant = didYouMean(name, names);
  if (meant !== undefined) return `there was no ${what} ${name}; did you mean ${meant}?`;
  if (names.length === 0) return `there was no ${what} at all`;
  return `there was no ${what} ${name}; there were ${names.slice(0, NEAREST_MAX).join(', ')}`;
}

function told(things: readonly Thing[]): string[] {
  return things.slice(0, NEAREST_MAX).map(({ text }) => text);
}
