import type { EventWrite } from '../store/contract.ts';
import { ownRecord } from '../store/record.ts';
import type { JournalEvent } from './journal.ts';
import type { Motion } from './motion.ts';
import { isFailing, stepAt } from './position.ts';

/**
 * The alarm that a step raises which fails for good and is marked `on_error: escalate`. It stands
 * in one unit with the failure: it is raised once, or not at all.
 */
export function escalations(
  motion: Motion,
  entry: JournalEvent,
  received: number,
): readonly EventWrite[] {
  const { type } = entry;
  if (type !== 'run.failed' && type !== 'run.failing' && type !== 'run.compensating') return [];
  // Raised before what its flow does about the failure, and not once more when that is done.
  if (isFailing(motion.run.at) || entry.error === undefined) return [];
  const step = stepAt(motion.flow, entry.at);
  if (step === undefined || step.choice !== undefined || step.onError !== 'escalate') return [];
  const { correlation, hops } = motion.run;
  const { code, message } = entry.error;
  const what = { flow: motion.flow.name, run: motion.shownId, step: step.id };
  const data = JSON.stringify({ ...what, level: 'red', code, reason: message });
  const cause = { correlation, causation: motion.id, hops };
  const record = ownRecord('escalation.raised', data, received, cause);
  return [{ kind: 'event', record: { ...record, subject: motion.flow.name } }];
}
