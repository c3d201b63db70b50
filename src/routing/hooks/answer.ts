import { isObject, type Json, parseJson } from '../../std/json.ts';
import { messageOf } from '../../std/errors.ts';

/** What a hook wants to come of an event. */
export type HookAnswer =
  | { readonly kind: 'continue' }
  | { readonly kind: 'filter'; readonly action: FilterAction; readonly reason: string | null }
  /** The flows see this in place of, or laid over, the event's data. */
  | { readonly kind: 'modify'; readonly data: Json };

/** `skip` is nothing to worry about, `deny` is a refusal. No flow starts after either. */
export type FilterAction = 'skip' | 'deny';

/** An answer, or why what was said is none. */
export type ReadAnswer = HookAnswer | { readonly kind: 'bad'; readonly problem: string };

/** How much of a reason is kept, in UTF-16 units. */
const REASON_LENGTH_MAX = 1_024;
const ACTIONS = 'continue, skip, deny or modify';

/** Reads what a hook said; nothing at all is to continue. Never throws. */
export function readAnswer(text: string): ReadAnswer {
  if (text.trim() === '') return { kind: 'continue' };
  try {
    return answerOf(parseJson(text));
  } catch (error) {
    return bad(messageOf(error));
  }
}

function answerOf(value: Json): ReadAnswer {
  if (value === null) return { kind: 'continue' };
  if (!isObject(value)) return bad(`An answer is an object with "action": ${ACTIONS}.`);
  const { action, reason = null, data } = value;
  if (reason !== null && typeof reason !== 'string') return bad('Its "reason" is no text.');
  switch (action) {
    case 'continue':
      return { kind: 'continue' };
    case 'skip':
    case 'deny':
      return { kind: 'filter', action, reason: reason?.slice(0, REASON_LENGTH_MAX) ?? null };
    case 'modify':
      return data === undefined ? bad('It modifies, and has no "data".') : { kind: 'modify', data };
    default:
      return bad(`Its "action" is none of ${ACTIONS}.`);
  }
}

function bad(problem: string): ReadAnswer {
  return { kind: 'bad', problem };
}

/**
 * The data with an amendment laid over it: where both are objects, the keys of the amendment stand
 * in place of those of the data; else the amendment stands in place of it all.
 */
export function overlaid(data: Json, amendment: Json): Json {
  // Spreading defines each key, so that one named "__proto__" is a key like others.
  return isObject(data) && isObject(amendment) ? { ...data, ...amendment } : amendment;
}
