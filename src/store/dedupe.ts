import { hash } from 'node:crypto';
import type { EventDraft } from '../events/event.ts';
import type { DedupeKey } from './contract.ts';

const PART_LENGTH = 11;
const DIGEST_LENGTH = 22;
/** Sources whose digest is kept: nearly all events come from a few of them. */
const SOURCES_MAX = 256;

/**
 * The key under which an event with a foreign id is remembered; undefined where it brought none.
 *
 * Two events are the same where source and id are. They agree where type, subject and payload do
 * too; `time` and our own attributes may differ between two sendings of one event.
 */
export function dedupeKey(draft: EventDraft): DedupeKey | undefined {
  if (draft.id === undefined) return undefined;
  return {
    key: keyPrefix(draft.id) + digestOfSource(draft.source),
    digest: digest(JSON.stringify([draft.type, draft.subject ?? null, draft.data]), DIGEST_LENGTH),
  };
}

/** What the keys of this foreign id begin with, whatever its source. */
export function keyPrefix(id: string): string {
  return digest(id, PART_LENGTH);
}

const sources = new Map<string, string>();

function digestOfSource(source: string): string {
  const known = sources.get(source);
  if (known !== undefined) return known;
  if (sources.size >= SOURCES_MAX) sources.clear();
  const found = digest(source, PART_LENGTH);
  sources.set(source, found);
  return found;
}

function digest(text: string, length: number): string {
  return hash('sha256', text, 'base64').slice(0, length);
}
