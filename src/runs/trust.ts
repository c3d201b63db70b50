import type { Trust } from '../events/event.ts';
import type { LogRecord } from '../store/contract.ts';
import type { RunStarted } from './journal.ts';
import type { Motion } from './motion.ts';
import { stepAt } from './position.ts';

/** Who answers for what a run does now: nobody where a stranger or a model has a say in it. */
export function trustOf({ flow, run, event }: Motion): Trust {
  return stepAt(flow, run.at)?.tainted === true ? 'untrusted' : event.trust;
}

/** The event as a run sees it that began so: a run may be trusted less than what began it all. */
export function eventSeenBy({ trust }: Pick<RunStarted, 'trust'>, event: LogRecord): LogRecord {
  if (trust === undefined) return event;
  const attributes = JSON.parse(event.attributes ?? '{}') as object;
  return { ...event, attributes: JSON.stringify({ ...attributes, trust }) };
}
