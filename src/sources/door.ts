import type { EventDraft } from '../events/event.ts';
import type { OwnEventType } from '../events/own-types.ts';
import type { SourceDefinition } from '../flows/source.ts';
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
  /**
   * The data of an event of a source as it may be recorded, and what is to be remembered with it:
   * without credentials, and with references in place of what the source says is secret.
   */
  guard?(source: SourceDefinition, data: string): Guarded;
  /** Records an event of ours about a source. Never rejects: what it says is in the log too. */
  note(type: OwnEventType, subject: string | undefined, data: object): Promise<void>;
  /** A page of what a source remembers, in the order of the keys. */
  remembered(source: string, after: string | undefined, limit: number): Promise<readonly Cursor[]>;
}

/** An event's data without its secrets, and these sealed. */
export interface Guarded {
  readonly data: string;
  readonly cursors: readonly RememberedChange[];
}

/** An event of ours about a source, with the source's name. */
export interface RememberedNote extends SourceNote {
  readonly source: string;
}

/** A change of what a source remembers, with the source's name. */
export interface RememberedChange extends CursorChange {
  readonly source: string;
}
