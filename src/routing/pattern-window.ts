import type { PatternShape } from '../flows/time-pattern.ts';
import type { WindowClosed, WindowExpired } from '../runs/window-closed.ts';
import type { RecordDraft } from '../store/contract.ts';
import { ownRecord } from '../store/record.ts';
import { advance, dueOf, type Held } from './pattern.ts';
import { answeredText, shortfall } from './pattern-text.ts';
import { membersText, type OpenWindow, seqsOf, type Window } from './window.ts';

/** Events that a window keeps that are a part of no match to come, before a record lists them. */
export const PASSED_MAX = 100;

/** Whose window it is, and of which pattern. */
export interface PatternOwner {
  readonly flow: string;
  readonly key: string;
  readonly shape: PatternShape;
}

/** What became of events of a pattern. A record says it. */
export interface PatternEnd extends PatternOwner {
  /** The events of the match, in the order of their members; undefined where they are in none. */
  readonly matched?: readonly Held[];
  /** The seqs of those that are in none, in order. */
  readonly passed: readonly number[];
  readonly why?: WindowExpired['why'];
  readonly reason?: string;
  /** What a record of it is caused by. */
  readonly by: readonly Pick<Held, 'seq' | 'hops' | 'correlation' | 'trust'>[];
}

/** What an event makes of a window of a pattern. */
export interface PatternStep {
  /** The window as it goes on; undefined where none is open. */
  readonly after: OpenWindow | undefined;
  readonly ends: readonly PatternEnd[];
  /** Whether the event is a part of nothing: no window has it, and no record lists it. */
  readonly stray: boolean;
}

/**
 * What an event makes of the window of its pattern, which was open or is not; `crowded` where no
 * further window may be open. Pure.
 */
export function stepOf(
  before: OpenWindow | undefined,
  owner: PatternOwner,
  { event, crowded }: { readonly event: Held; readonly crowded: boolean },
): PatternStep {
  const isOther = before !== undefined && before.window.pattern?.shape.id !== owner.shape.id;
  if (isOther) {
    const step = stepOf(undefined, owner, { event, crowded });
    return { ...step, ends: [...endsOf(before, 'changed'), ...step.ends] };
  }
  const { shape } = owner;
  const held = before?.window.pattern?.held ?? [];
  const passed = before === undefined ? [] : passedOf(before.window);
  const made = advance(shape, held, event);
  if (made.kind === 'stray') return { after: before, ends: [], stray: true };
  if (made.kind === 'complete') {
    const { matched } = made;
    const rest = without([...passed, ...seqs(held)], seqs(matched));
    return {
      after: undefined,
      ends: [{ ...owner, matched, passed: rest, by: matched }],
      stray: false,
    };
  }
  if (made.kind === 'answered') {
    const { next } = made;
    const own = next.length === 0 ? [event] : [];
    const all = [...passed, ...seqs([...held, ...own])];
    const end = noMatch(owner, { why: 'answered', passed: all, by: [...held, event] });
    return { after: opened(owner, next, []), ends: [end], stray: false };
  }
  if (crowded) {
    const end = noMatch(owner, { why: 'full', passed: [event.seq], by: [event] });
    return { after: before, ends: [end], stray: false };
  }
  return going(owner, made.held, without([...passed, ...seqs(held)], seqs(made.held)));
}

/** The window with what it holds now; what has passed is told once it is too much to keep. */
function going(owner: PatternOwner, held: readonly Held[], passed: readonly number[]): PatternStep {
  if (passed.length < PASSED_MAX) {
    return { after: opened(owner, held, passed), ends: [], stray: false };
  }
  const end = noMatch(owner, { why: 'passed', passed, by: held });
  return { after: opened(owner, held, []), ends: [end], stray: false };
}

/** What the end of a window's time, or of its pattern, makes of its events. */
export function endsOf(
  { flow, key, window }: OpenWindow,
  why: 'expired' | 'changed',
): readonly PatternEnd[] {
  const { pattern } = window;
  if (pattern === undefined) return [];
  const { shape, held } = pattern;
  const owner = { flow, key, shape };
  const passed = passedOf(window);
  if (why === 'expired' && shape.kind === 'absent') {
    return [{ ...owner, matched: held, passed, by: held }];
  }
  return [noMatch(owner, { why, passed: [...passed, ...seqs(held)], by: held, held })];
}

interface NoMatch extends Pick<PatternEnd, 'passed' | 'by'> {
  readonly why: WindowExpired['why'];
  /** What was held when the time was up. */
  readonly held?: readonly Held[];
}

function noMatch(owner: PatternOwner, { why, passed, by, held = [] }: NoMatch): PatternEnd {
  const reason = reasonOf(owner.shape, why, held);
  return { ...owner, passed: passed.toSorted((a, b) => a - b), by, why, reason };
}

function reasonOf(shape: PatternShape, why: WindowExpired['why'], held: readonly Held[]): string {
  switch (why) {
    case 'expired':
      return shortfall(shape, held);
    case 'passed':
      return `${shape.kind}: newer events took their places, or their time was up`;
    case 'answered':
      return answeredText(shape);
    case 'changed':
      return `${shape.kind}: the flow was changed while its window was open`;
    case 'full':
      return `${shape.kind}: too many windows are open, so that no further one was opened`;
  }
}

function opened(
  { flow, key, shape }: PatternOwner,
  held: readonly Held[],
  passed: readonly number[],
): OpenWindow | undefined {
  const [first] = held;
  const last = held.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const all = [...passed, ...seqs(held)].toSorted((a, b) => a - b);
  const window: Window = {
    due: dueOf(shape, held),
    members: membersText(all),
    count: all.length,
    seq: last.seq,
    first: first.received,
    last: last.received,
    ...chainOf(held),
    pattern: { shape, held },
  };
  return { flow, key, window };
}

function chainOf(events: PatternEnd['by']): Pick<Window, 'hops' | 'correlation' | 'trust'> {
  const [first] = events;
  const shared = events.every(({ correlation }) => correlation === first?.correlation);
  return {
    hops: Math.max(0, ...events.map(({ hops }) => hops)),
    correlation: shared ? (first?.correlation ?? null) : null,
    trust: events.some(({ trust }) => trust === 'untrusted') ? 'untrusted' : 'trusted',
  };
}

/** The record that tells an end: of the events of a match, or that they are in none. */
export function endRecord(end: PatternEnd, received: number): RecordDraft {
  const { matched, by } = end;
  const { hops, correlation, trust } = chainOf(by);
  const causation = Math.max(...by.map(({ seq }) => seq));
  const data = matched === undefined ? expiredData(end) : closedData(end, matched);
  const type = matched === undefined ? 'window.expired' : 'window.closed';
  const cause = { correlation, causation, hops: hops + 1 };
  const record = ownRecord(type, JSON.stringify(data), received, cause);
  return trust === 'trusted' ? record : { ...record, attributes: JSON.stringify({ trust }) };
}

function closedData(
  { flow, key, shape, passed }: PatternEnd,
  matched: readonly Held[],
): WindowClosed {
  const { kind } = shape;
  const events = matched.toSorted((a, b) => a.seq - b.seq);
  const names = kind === 'count' ? [] : shape.members.map(({ as }, i) => [as, matched[i]?.seq]);
  const members = Object.fromEntries(
    names.filter(([as, seq]) => as !== undefined && seq !== undefined),
  ) as { readonly [name: string]: number };
  return {
    flow,
    key,
    events: seqs(events),
    first: events[0]?.received ?? 0,
    last: events.at(-1)?.received ?? 0,
    count: events.length,
    pattern: { kind, ...(Object.keys(members).length > 0 && { members }) },
    ...(passed.length > 0 && { passed }),
  };
}

function expiredData({ flow, key, shape, passed, why, reason }: PatternEnd): WindowExpired {
  const { kind } = shape;
  return {
    flow,
    key,
    events: passed,
    count: passed.length,
    pattern: { kind },
    why: why ?? 'expired',
    reason: reason ?? '',
  };
}

/** The seqs that a window keeps and its pattern does not hold, in order. */
function passedOf(window: Window): readonly number[] {
  return without(seqsOf(window), seqs(window.pattern?.held ?? []));
}

function seqs(events: readonly Pick<Held, 'seq'>[]): readonly number[] {
  return events.map(({ seq }) => seq);
}

function without(all: readonly number[], some: readonly number[]): readonly number[] {
  const gone = new Set(some);
  return all.filter((seq) => !gone.has(seq));
}
