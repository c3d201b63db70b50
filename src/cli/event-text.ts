import type { Event } from '../events/event.ts';
import { isOwnType } from '../events/own-types.ts';
import { escapeText } from '../std/escape.ts';
import { isObject, type Json } from '../std/json.ts';
import type { EventView } from '../views/event-view.ts';
import { formatTime } from './output.ts';

/** One line about an event as it arrives: time, id, type, source, subject. */
export function eventLine({ received, id, type, source, subject = '' }: Event): string {
  const words = [formatTime(received), id, type, source, subject].map(escapeText);
  return words.filter((word) => word !== '').join('  ');
}

/** What became of an event, in a word or two: `2 started`, `filtered`, `unmatched`. */
export function outcomeOf({ disposition, type, data }: EventView): string {
  if (disposition.length === 0) return isOwnType(type) ? refusalIn(type, data) : 'unmatched';
  const counts = new Map<string, number>();
  for (const { outcome } of disposition) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts]
    .map(([outcome, number]) => (number === 1 ? outcome : `${number} ${outcome}`))
    .join(', ');
}

/** Our events about requests that were refused. */
const REFUSALS: ReadonlySet<string> = new Set(['auth.failed', 'webhook.rejected']);

/** Why a request was refused, where the event is about one. */
function refusalIn(type: string, data: Json): string {
  const reason = REFUSALS.has(type) && isObject(data) ? data['reason'] : undefined;
  return typeof reason === 'string' ? reason : '';
}
