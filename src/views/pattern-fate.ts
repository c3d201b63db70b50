import type { PatternKind } from '../flows/time-pattern.ts';
import type { Match } from '../routing/match.ts';
import { opens } from '../routing/pattern.ts';
import { shownKey } from '../routing/pattern-key.ts';
import { shortfall, strayText } from '../routing/pattern-text.ts';
import { decodeWindow, seqsOf, type Window } from '../routing/window.ts';
import {
  decodeWindowClosed,
  decodeWindowExpired,
  type WindowClosed,
} from '../runs/window-closed.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { idOf } from '../store/record.ts';

/** What became of an event that a pattern over time was shown. */
export interface PatternFate {
  readonly outcome: 'waiting' | 'coalesced' | 'filtered';
  readonly reason: string;
  readonly pattern: PatternKind;
}

type HeldMatch = Extract<Match, { kind: 'held' }>;

/** Records that are looked through for what closed a window, for an event that may be in none. */
const STRAY_SPAN = 20_000;
/** The same for one that is in some. */
const HELD_SPAN = 1_000_000;
const PAGE = 1_000;

/**
 * What became of an event at each flow whose pattern was shown it, by the flow's name; of one that
 * is routed. Open windows are read before the log is: what closes meanwhile is in one of them.
 */
export async function readPatternFates(
  store: Store,
  { seq }: LogRecord,
  matches: readonly Match[],
): Promise<ReadonlyMap<string, PatternFate>> {
  const fates = new Map<string, PatternFate>();
  for (const match of matches) {
    if (match.kind !== 'held') continue;
    fates.set(
      match.flow.name,
      (await openFate(store, seq, match)) ?? (await endOf(store, seq, match)),
    );
  }
  return fates;
}

async function openFate(
  store: Store,
  seq: number,
  { flow: { name: flow }, key, pattern }: HeldMatch,
): Promise<PatternFate | undefined> {
  // Just before it in the order of the windows.
  const after = { flow, key: key.slice(0, -1) };
  const rows = await store.windows({ limit: 2, after });
  const row = rows.find((each) => each.flow === flow && each.key === key);
  const window = row && decodeWindow(row);
  if (window === undefined || !seqsOf(window).includes(seq)) return undefined;
  return { outcome: 'waiting', reason: waitingText(window, key), pattern: pattern.kind };
}

/** What the pattern of a window waits for, without a full stop. */
function waitingText({ due, pattern }: Window, key: string): string {
  if (pattern === undefined) return '';
  const until = new Date(due).toISOString();
  const by = shownKey(key) === '' ? '' : ` (the key is "${shownKey(key)}")`;
  return `${shortfall(pattern.shape, pattern.held, 'so far')}${by}; its time is up at ${until}`;
}

async function endOf(store: Store, seq: number, match: HeldMatch): Promise<PatternFate> {
  const { pattern, fits, flow, key } = match;
  const { kind } = pattern;
  const span = opens(pattern, fits) ? HELD_SPAN : STRAY_SPAN;
  for (let after = seq; after < seq + span;) {
    const page = { after, limit: PAGE, until: seq + span, type: 'window.*' };
    const records = await store.read(page);
    for (const record of records) {
      const fate = await fateIn(store, record, { seq, flow: flow.name, key });
      if (fate !== undefined) return { ...fate, pattern: kind };
    }
    const last = records.at(-1);
    // A page with fewer of them is not the last: large records make it end early.
    if (last === undefined) break;
    after = last.seq;
  }
  return { outcome: 'filtered', reason: strayText(pattern), pattern: kind };
}

interface Sought {
  readonly seq: number;
  readonly flow: string;
  readonly key: string;
}

/** What a record says of the event; undefined where it is about others. */
async function fateIn(
  store: Store,
  record: LogRecord,
  { seq, flow, key }: Sought,
): Promise<Omit<PatternFate, 'pattern'> | undefined> {
  if (record.source !== null) return undefined;
  const expired = decodeWindowExpired(record);
  const closed = decodeWindowClosed(record);
  const told = expired ?? closed;
  if (told === undefined || told.flow !== flow || told.key !== key) return undefined;
  if (expired?.events.includes(seq) === true) {
    return { outcome: 'filtered', reason: expired.reason };
  }
  if (closed?.passed?.includes(seq) === true) {
    return { outcome: 'filtered', reason: 'newer events took its place, and made the match' };
  }
  if (closed?.events.includes(seq) !== true) return undefined;
  return { outcome: 'coalesced', reason: await matchText(store, record, closed) };
}

async function matchText(store: Store, record: LogRecord, closed: WindowClosed): Promise<string> {
  const { identity } = store;
  const others = closed.count - 1;
  const with_ = others === 0 ? '' : ` with ${others} other${others === 1 ? '' : 's'}`;
  const [run] = await store.runs({ event: record.seq, limit: 1, flow: closed.flow });
  const started = run === undefined ? '' : `, which started run ${idOf(identity, run.id)}`;
  return `it is in the match ${idOf(identity, record.seq)}${with_}${started}`;
}
