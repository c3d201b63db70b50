import { hash } from 'node:crypto';
import type { EventDraft } from '../events/event.ts';
import type { DedupeKey } from './contract.ts';

const KEY_LENGTH = 22;

/**
 * The key under which an event with a foreign id is remembered; undefined where it brought none.
 *
 * Two events are the same where source and id are. They agree where type, subject and payload do too;
 * `time` and our own attributes may differ between two sendings of one event.
 */
export function dedupeKey(draft: EventDraft): DedupeKey | undefined {
  if (draft.id === undefined) return undefined;
  return {
    key: digest([draft.source, draft.id]),
    digest: digest([draft.type, draft.subject ?? null, draft.data]),
  };
}

function digest(parts: readonly (string | null)[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64').slice(0, KEY_LENGTH);
}
