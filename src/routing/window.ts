import { isWellFormed, type Trust } from '../events/event.ts';
import type { Gather } from '../flows/flow.ts';
import type { Scope } from '../flows/scope.ts';
import type { PatternShape } from '../flows/time-pattern.ts';
import type { WindowClosed } from '../runs/window-closed.ts';
import { messageOf } from '../std/errors.ts';
import type { LogIdentity, LogRecord, RecordDraft, WindowColumns } from '../store/contract.ts';
import { correlationOf, ownRecord, trustOf } from '../store/record.ts';
import type { Held } from './pattern.ts';

/** Events that one window holds, whatever its flow allows. */
export const WINDOW_SIZE_MAX = 10_000;
/** UTF-16 units that a key may have: it stands in the window's row and record. */
const KEY_LENGTH_MAX = 1_024;
/** Seqs are written in this base: short, and any reader of numbers knows it. */
const BASE = 36;

/** What a window keeps of an event. */
export interface Member {
  readonly seq: number;
  /** Engine time. */
  readonly received: number;
  readonly hops: number;
  /** The root of its chain, as shown. */
  readonly correlation: string;
  readonly trust: Trust;
}

/**
 * Events of one flow and key on their way to one start. A value: who joins makes another window of
 * it, so that what was planned can be taken back by forgetting it.
 */
export interface Window {
  /** When it closes, in engine time, unless it is full before. */
  readonly due: number;
  /**
   * The seqs of its events in base 36, in order and parted by blanks, each but the first as its
   * distance from the one before: text that grows at its end, which costs the same at any length.
   */
  readonly members: string;
  readonly count: number;
  /** The seq of its last event. */
  readonly seq: number;
  /** When its first and its last event were received. */
  readonly first: number;
  readonly last: number;
  /** The depth of the longest of its chains. */
  readonly hops: number;
  /** The root that all its events share; null where they have several. */
  readonly correlation: string | null;
  /** Untrusted as soon as one of its events is. */
  readonly trust: Trust;
  /** Of a pattern over time: what may be a part of a match to come. */
  readonly pattern?: OpenPattern | undefined;
}

/** A pattern as its window has it: in force when it was opened, and with what it holds. */
export interface OpenPattern {
  readonly shape: PatternShape;
  readonly held: readonly Held[];
}

/** What a window keeps of a record. */
export function memberOf(record: LogRecord, identity: LogIdentity): Member {
  const { seq, received, hops } = record;
  return {
    seq,
    received,
    hops,
    correlation: correlationOf(record, identity),
    trust: trustOf(record),
  };
}

/** The window with one more event, or the one that an event opens. Events join in order of seq. */
export function joined(window: Window | undefined, member: Member, gather: Gather): Window {
  const { seq, received, hops, correlation, trust } = member;
  if (window === undefined) {
    const members = seq.toString(BASE);
    const span = { first: received, last: received, due: dueOf(received, received, gather) };
    return { ...span, members, count: 1, seq, hops, correlation, trust };
  }
  return {
    due: dueOf(window.first, received, gather),
    members: `${window.members} ${(seq - window.seq).toString(BASE)}`,
    count: window.count + 1,
    seq,
    first: window.first,
    last: received,
    hops: Math.max(window.hops, hops),
    correlation: window.correlation === correlation ? correlation : null,
    trust: trust === 'untrusted' ? trust : window.trust,
  };
}

function dueOf(first: number, last: number, { quietMs, maxMs }: Gather): number {
  return Math.min(first + maxMs, last + (quietMs ?? maxMs));
}

/** Whether the window holds all that it may: it closes at once. */
export function isFull({ count }: Window, { size }: Gather): boolean {
  return count >= Math.min(size, WINDOW_SIZE_MAX);
}

/** Seqs in order as a window keeps them. */
export function membersText(seqs: readonly number[]): string {
  return seqs.map((seq, i) => (seq - (seqs[i - 1] ?? 0)).toString(BASE)).join(' ');
}

/** The seqs of its events, in order. */
export function seqsOf({ members }: Window): number[] {
  let seq = 0;
  return members.split(' ').map((step) => (seq += Number.parseInt(step, BASE)));
}

/** The window as its row keeps it. */
export function encodeWindow({ due, pattern, ...state }: Window): WindowColumns {
  if (pattern === undefined) return { due, state: JSON.stringify(state) };
  const { shape, held } = pattern;
  return { due, state: JSON.stringify({ ...state, shape, held: held.map(encodeHeld) }) };
}

/** Reads a row back. */
export function decodeWindow({ due, state }: WindowColumns): Window {
  const { shape, held, ...kept } = JSON.parse(state) as Kept;
  if (shape === undefined) return { due, ...kept };
  return { due, ...kept, pattern: { shape, held: (held ?? []).map(decodeHeld) } };
}

type Kept = Omit<Window, 'due' | 'pattern'> & {
  readonly shape?: PatternShape;
  readonly held?: readonly HeldText[];
};

/** Rows are written anew with each event, so that they are kept short. */
type HeldText = readonly [
  seq: number,
  received: number,
  fits: number,
  hops: number,
  correlation: string,
  untrusted?: 1,
];

function encodeHeld({ seq, received, fits, hops, correlation, trust }: Held): HeldText {
  const kept = [seq, received, fits, hops, correlation] as const;
  return trust === 'untrusted' ? [...kept, 1] : kept;
}

function decodeHeld([seq, received, fits, hops, correlation, untrusted]: HeldText): Held {
  const trust = untrusted === undefined ? 'trusted' : 'untrusted';
  return { seq, received, fits, hops, correlation, trust };
}

/** A window with whose it is. */
export interface OpenWindow {
  readonly flow: string;
  readonly key: string;
  readonly window: Window;
}

/**
 * The record that closes a window, which its last event caused. The chain of its events goes on in
 * it; where they come from several, it is the root of a new one.
 */
export function closingRecord({ flow, key, window }: OpenWindow, received: number): RecordDraft {
  const { first, last, count, correlation, seq, hops, trust } = window;
  const closed: WindowClosed = { flow, key, events: seqsOf(window), first, last, count };
  const cause = { correlation, causation: seq, hops: hops + 1 };
  const record = ownRecord('window.closed', JSON.stringify(closed), received, cause);
  return trust === 'trusted' ? record : { ...record, attributes: JSON.stringify({ trust }) };
}

/** The key under which an event is gathered, or why it has none that can be kept. */
export type WindowKey =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'none'; readonly reason: string };

/** Evaluates the key of an event's window; without a key, all events share one. Never throws. */
export function windowKey({ key }: Pick<Gather, 'key'>, scope: Scope): WindowKey {
  if (key === undefined) return { kind: 'key', key: '' };
  try {
    const value = key.of(scope);
    const problem = keyProblem(value);
    if (problem === undefined) return { kind: 'key', key: value };
    return { kind: 'none', reason: `The key "${key.text}" ${problem}.` };
  } catch (error) {
    return { kind: 'none', reason: messageOf(error) };
  }
}

function keyProblem(value: string): string | undefined {
  if (value.length > KEY_LENGTH_MAX) {
    return `has ${value.length} characters; at most ${KEY_LENGTH_MAX} are allowed`;
  }
  if (value.includes('\0') || !isWellFormed(value))
    return 'holds a character that no text can keep';
  return undefined;
}
