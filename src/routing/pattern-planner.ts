import type { Flow } from '../flows/flow.ts';
import type { LogIdentity, LogRecord } from '../store/contract.ts';
import type { Match } from './match.ts';
import { endRecord, endsOf, type PatternEnd } from './pattern-window.ts';
import { countStrays } from './plan.ts';
import type { Round } from './round.ts';
import type { Watch } from './watch.ts';
import { memberOf, type OpenWindow } from './window.ts';
import type { Windows } from './windows.ts';

/** An event that a pattern over time is shown. */
type HeldMatch = Extract<Match, { kind: 'held' }>;

/** The windows, and since when somebody watches over them. */
interface Holding {
  readonly windows: Windows;
  readonly watch: Pick<Watch, 'unwatchedAfter'>;
  readonly identity: LogIdentity;
}

/** Plans what an event makes of the window of a pattern. */
export function planHeld(
  round: Round,
  { record, match }: { readonly record: LogRecord; readonly match: HeldMatch },
  { windows, watch, identity }: Holding,
): void {
  const { flow, key, fits } = match;
  const { key: _, ...shape } = match.pattern;
  const event = { ...memberOf(record, identity), fits };
  const owner = { flow: flow.name, key, shape };
  const { after, ends, stray } = windows.advance(round.stage, owner, event);
  if (stray) countStrays(round.tally, 1);
  planEnds(round, ends);
  if (after === undefined || !isWatchFor(after, record)) return;
  const unwatchedMs = watch.unwatchedAfter(record.received);
  if (unwatchedMs > 0) windows.lengthen(round.stage, [after], unwatchedMs);
}

/** Whether the window waits for what is to stay away after this event, which opened it. */
function isWatchFor({ window: { pattern } }: OpenWindow, { seq }: LogRecord): boolean {
  return pattern?.shape.kind === 'absent' && pattern.held[0]?.seq === seq;
}

/** Plans what is told of events of patterns. */
export function planEnds(round: Round, ends: readonly PatternEnd[]): void {
  for (const end of ends) {
    round.writes.push({ kind: 'event', record: endRecord(end, round.received) });
  }
}

/**
 * Closes the windows of patterns that are not in force any more: nobody would show them what they
 * wait for. False where the round has no room for all of them.
 */
export function closeChanged(
  round: Round,
  { windows, flows }: { windows: Windows; flows: ReadonlyMap<string, Flow> },
  writesMax: number,
): boolean {
  for (const open of [...windows.ofPatterns()].filter((each) => !isInForce(each, flows))) {
    if (round.writes.length >= writesMax) return false;
    windows.close(round.stage, open);
    planEnds(round, endsOf(open, 'changed'));
  }
  return true;
}

function isInForce({ flow, window }: OpenWindow, flows: ReadonlyMap<string, Flow>): boolean {
  const { triggers = [] } = flows.get(flow) ?? {};
  return triggers.some(({ over }) => over?.pattern.id === window.pattern?.shape.id);
}
