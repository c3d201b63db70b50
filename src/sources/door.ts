import type { EventDraft } from '../events/event.ts';
import type { OwnEventType } from '../events/own-types.ts';
import type { Cursor, CursorChange, Offered, SourceNote } from './source.ts';

/** What sources need of the log: handed in by the composition root. */
export interface LogDoor {
  /** Engine time in milliseconds. */
  now(): number;
  /**
   * Records events of one source and what it remembers, whole or not at all. A batch without events
   * only changes what is remembered.
   */
  admit(
    drafts: readonly EventDraft[],
    cursors: readonly RememberedChange[],
    notes?: readonly RememberedNote[],
  ): Promise<Offered>;
  /** Records an event of ours about a source. Never rejects: what it says is in the log too. */
  note(type: OwnEventType, subject: string | undefined, data: object): Promise<void>;
  /** A page of what a source remembers, in the order of the keys. */
  remembered(source: string, after: string | undefined, limit: number): Promise<readonly Cursor[]>;
}

/** An event of ours about a source, with the source's name. */
export interface RememberedNote extends SourceNote {
  readonly source: string;
}

/** A change of what a source remembers, with the source's name. */
export interface RememberedChange extends CursorChange {
  readonly source: string;
}
