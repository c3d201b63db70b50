import type { Event } from '../../../events/event.ts';
import { matchesText } from '../../../events/pattern.ts';
import type { Scope } from '../../../flows/scope.ts';
import { didYouMean } from '../../../std/diagnostics.ts';
import type { Json } from '../../../std/json.ts';
import type { RunView } from '../../../views/run-view.ts';
import type { TestEffect } from '../answers.ts';
import { type Played, toolOf } from './play.ts';
import type { Expectation, Wanted } from './scenario.ts';

/** Something that happened, as an expectation looks at it. */
interface Thing {
  readonly name: string;
  /** When, in milliseconds from the beginning; of a run that is open, when it began. */
  readonly atMs: number;
  /** Whether it is what is meant, but for its condition and its time. */
  readonly fits: boolean;
  readonly scope: Scope;
  /** As people read it, in one line. */
  readonly text: string;
}

/** An expectation that did not come true. */
export interface Unmet {
  readonly place: string;
  readonly expected: string;
  readonly instead: string;
  /** What came nearest, in the order of time. */
  readonly nearest: readonly string[];
}

/** How many of the nearest things are told, and how much of each. */
const NEAREST_MAX = 5;
const TEXT_LENGTH_MAX = 160;

/** What did not come true, and what was there in its place. */
export function judge(expectations: readonly Expectation[], played: Played): Unmet[] {
  return expectations.flatMap((expectation) => unmetBy(expectation, played) ?? []);
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

function thingsOf(wanted: Wanted, { began, events, runs, effects }: Played): Thing[] {
  switch (wanted.what) {
    case 'event':
      return events.map((event) => eventThing(event, wanted, began));
    case 'run':
      return runs.map((run) => runThing(run, wanted, began));
    case 'effect':
      return effects.map((effect) => effectThing(effect, wanted, began));
  }
}

function eventThing(event: Event, { name }: Wanted, began: number): Thing {
  const { type, data, received } = event;
  const atMs = Date.parse(received) - began;
  const values: { readonly [key: string]: Json } = { event: { ...event }, payload: data };
  const text = `${timeText(atMs)}  ${type}  ${cut(JSON.stringify(data))}`;
  return { name: type, atMs, fits: matchesText(name, type), scope: scopeOf(values), text };
}

function runThing(run: RunView, { name, state }: Wanted, began: number): Thing {
  const atMs = Date.parse(run.ended ?? run.started) - began;
  const fits = run.flow === name && (state === undefined || run.state === state);
  const why = run.reason === null ? '' : `: ${run.reason}`;
  const text = `${timeText(atMs)}  ${run.flow}  ${run.state}${cut(why)}`;
  const plain = JSON.parse(JSON.stringify(run)) as Json;
  return { name: run.flow, atMs, fits, scope: scopeOf({ run: plain }), text };
}

function effectThing(effect: TestEffect, { name, step }: Wanted, began: number): Thing {
  const tool = toolOf(effect);
  const atMs = Date.parse(effect.at) - began;
  const isNamed = effect.kind === name || tool === name;
  const fits = isNamed && (step === undefined || effect.step === step);
  const what = `${tool ?? effect.kind} of step ${effect.step} in ${effect.flow}`;
  const text = `${timeText(atMs)}  ${what}  ${cut(JSON.stringify(effect.input))}`;
  const own = tool === name ? tool : effect.kind;
  return { name: own, atMs, fits, scope: scopeOf({ effect: { ...effect } }), text };
}

function scopeOf(values: { readonly [name: string]: Json }): Scope {
  return { get: (name) => (Object.hasOwn(values, name) ? values[name] : undefined) };
}

function expectedText({ never, what, name, ...rest }: Expectation): string {
  const { state, step, where, count, byMs } = rest;
  const parts = [
    never ? `never: ${what} ${name}` : `${what} ${name}`,
    state === undefined ? '' : `in state ${state}`,
    step === undefined ? '' : `of step ${step}`,
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

function cut(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
}

/** A time of the story, such as `1h2m` or `45m0.5s`. */
function timeText(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1_000;
  const parts = [
    hours > 0 ? `${hours}h` : '',
    minutes > 0 ? `${minutes}m` : '',
    seconds > 0 ? `${seconds}s` : '',
  ];
  return parts.join('') || '0s';
}
