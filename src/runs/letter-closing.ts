import { attributionOf } from '../events/attribution.ts';
import type { EventWrite, LetterClosing } from '../store/contract.ts';
import { ownRecord } from '../store/record.ts';
import type { Decision } from './journal.ts';
import type { Transition } from './transition.ts';

/** The event that closes a dead letter together with the record that answers it. */
export function closing({ motion, write, entry }: Transition, closes: LetterClosing): EventWrite {
  const { reason, ...by } = 'decision' in entry ? entry.decision : (entry as Decision);
  const said = { ...attributionOf(by), reason };
  const data = JSON.stringify({ letter: closes.letter, run: motion.id, ...said });
  const { correlation, causation, hops, received } = write.record;
  const record = ownRecord('dead_letter.retried', data, received, { correlation, causation, hops });
  return { kind: 'event', record, closes };
}
