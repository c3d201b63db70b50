import type { EventDraft } from '../events/event.ts';
import type { Admission } from '../routing/admission.ts';
import type { Tellings } from '../runs/tellings.ts';
import type { Cause } from '../store/record.ts';

const FAILED =
  'the call has failed by its "error" event, and nothing that it emits afterwards is recorded';

/**
 * Records an event, for who has sent it: where that is a call of a run, the call hears of it, and
 * one that has said that it failed says no more.
 */
export async function emitAs(
  tellings: Tellings,
  { type }: EventDraft,
  cause: Cause | undefined,
  admit: () => Promise<Admission>,
): Promise<Admission> {
  const run = cause?.causation ?? null;
  if (run === null) return admit();
  if (!tellings.mayTell(run, type)) return { kind: 'invalid', problem: FAILED };
  const admission = await admit();
  if (admission.kind === 'accepted') tellings.told(run, { seq: admission.seq, type });
  return admission;
}
