import type { EventDraft } from '../../events/event.ts';
import type { Admission } from '../../routing/admission.ts';
import { SignalboxError } from '../../std/errors.ts';
import type { Json } from '../../std/json.ts';

/** What an event may say beside its type and its data. */
export interface EmitOptions {
  /** `code` where it is left out. */
  readonly source?: string;
  readonly subject?: string;
  /** The same id with the same content is the same event: it is recorded once. */
  readonly id?: string;
  /** When it happened, as RFC 3339. */
  readonly time?: string;
  /** The id of the event that its chain began with. */
  readonly correlationid?: string;
}

/** An event that is in the log, on the disk. */
export interface Emitted {
  readonly id: string;
  readonly seq: number;
  /** Whether it was in the log already. */
  readonly duplicate: boolean;
}

/** The source of events of a program that names none. */
const SOURCE = 'code';

/**
 * What the log is asked to record.
 *
 * @throws SignalboxError `event.invalid` as `dataText` does.
 */
export function draftOf(type: string, data: Json, options: EmitOptions): EventDraft {
  return { ...options, source: options.source ?? SOURCE, type, data: dataText(data) };
}

/**
 * What code gives as an event's data, as it is recorded.
 *
 * @throws SignalboxError `event.invalid` for what is no JSON, such as a function or a bigint.
 */
export function dataText(data: Json): string {
  const text = jsonOf(data);
  if (text !== undefined) return text;
  const remedy = 'give texts, numbers, true, false, null, lists and plain objects';
  throw new SignalboxError('event.invalid', `The data of the event is no JSON; ${remedy}.`);
}

function jsonOf(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    return undefined;
  }
}

/**
 * The event as it is recorded.
 *
 * @throws SignalboxError `event.invalid`, `event.conflict` where the log holds another event with
 *   its id, `event.refused` (details `{reason, retryAfterMs}`) where it takes nothing at present.
 */
export function emittedOf(admission: Admission): Emitted {
  switch (admission.kind) {
    case 'accepted': {
      const { id, seq, duplicate } = admission;
      return { id, seq, duplicate };
    }
    case 'invalid':
      throw new SignalboxError('event.invalid', admission.problem);
    case 'conflict': {
      const message = `The log holds another event with the id "${admission.id}"; take a new id.`;
      throw new SignalboxError('event.conflict', message, { details: { seq: admission.seq } });
    }
    case 'refused': {
      const { reason, retryAfterMs } = admission;
      const message = `The log takes nothing at present: ${reason}. Try it again.`;
      throw new SignalboxError('event.refused', message, { details: { reason, retryAfterMs } });
    }
  }
}
