import type { EventDraft } from '../events/event.ts';
import type { EmitResult } from '../signalbox.ts';
import { documentOf, type HttpAnswer, problemOf } from './http-answer.ts';

/** The document of an event that was recorded. */
interface Receipt {
  readonly id: string;
  readonly seq: number;
  readonly duplicate: boolean;
}

/** How long to wait where the daemon says "later" and not when. */
const RETRY_AFTER_MS = 1_000;

/** Why the daemon asks for patience, by its code. */
const CROWDED: Readonly<Record<string, 'queue_full' | 'queue_stalled' | 'source_full'>> = {
  'queue.full': 'queue_full',
  'source.full': 'source_full',
  'queue.stalled': 'queue_stalled',
};

/** The draft as plain JSON: its payload goes out byte for byte as it came in. */
export function toBody({ data, extensions, ...attributes }: EventDraft): string {
  const head = JSON.stringify({ ...extensions, ...attributes });
  return `${head.slice(0, -1)},"data":${data}}`;
}

/**
 * What the daemon's answer says of the event.
 *
 * @throws SignalboxError where the answer is about something else, such as a wrong token.
 */
export function resultOf({ id = '' }: Pick<EventDraft, 'id'>, answer: HttpAnswer): EmitResult {
  const { status, retryAfterMs = RETRY_AFTER_MS } = answer;
  const { code, detail, document } = problemOf(answer);
  switch (status) {
    case 409:
      return { kind: 'conflict', id, seq: Number(document['seq']) };
    case 400:
    case 413:
      return { kind: 'invalid', problem: detail };
    case 503:
      return {
        kind: 'refused',
        reason: code === 'server.stopping' ? 'stopping' : 'busy',
        retryAfterMs,
      };
    case 429:
      return { kind: 'refused', reason: CROWDED[code] ?? 'busy', retryAfterMs };
    case 507:
      return { kind: 'refused', reason: 'disk_full', retryAfterMs };
    default:
      return { kind: 'accepted', ...(documentOf(answer) as unknown as Receipt) };
  }
}
