import type { LogRecord, RecordDraft } from '../store/contract.ts';
import { isInteractive } from '../store/record.ts';
import type { Origin } from './motion.ts';

/**
 * Whether somebody is asked before each step of a run that acts: its event has the mark, or one of
 * those that its window gathered. What it calls and its branches have that event too; what it
 * emits, what its tool tells and its end carry the mark on. So a chain asks until it is over.
 */
export function isInteractiveRun({ origin: { event, members } }: InteractiveRun): boolean {
  return isInteractive(event) || isAmong(members);
}

/** What says of a run whether it is interactive. */
interface InteractiveRun {
  readonly origin: Pick<Origin, 'event' | 'members'>;
}

/** Whether one of these has the mark. */
export function isAmong(members: readonly LogRecord[] | undefined): boolean {
  return members?.some(isInteractive) === true;
}

/** What an event carries whose chain asks before each step that acts; nothing for others. */
export function markOf(interactive: boolean | undefined): { readonly interactive?: true } {
  return interactive === true ? { interactive } : {};
}

/** A record of ours about a run, with the same mark as the run has. */
export function marked(record: RecordDraft, run: InteractiveRun): RecordDraft {
  if (!isInteractiveRun(run)) return record;
  return { ...record, attributes: JSON.stringify(markOf(true)) };
}
