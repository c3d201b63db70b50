import type { Trust } from '../events/event.ts';
import type { LogRecord } from '../store/contract.ts';
import type { Motion } from './motion.ts';
import { stepAt } from './position.ts';

/** Who answers for what a run does now: nobody where a stranger or a model has a say in it. */
export function trustOf({ flow, run, event }: Motion): Trust {
  return stepAt(flow, run.at)?.tainted === true ? 'untrusted' : event.trust;
}

/** The event of a run that can be trusted less than what began all of it. */
export function untrusted(event: LogRecord): LogRecord {
  const attributes = JSON.parse(event.attributes ?? '{}') as object;
  return { ...event, attributes: JSON.stringify({ ...attributes, trust: 'untrusted' }) };
}
