import type { EventDraft } from '../events/event.ts';
import type { OwnEventType } from '../events/own-types.ts';
import type { SourceConfig, SourceShape } from '../flows/source-shape.ts';
import type { Clock } from '../std/clock.ts';
import type { Logger } from '../std/logger.ts';

/**
 * One type of sources: how it is written, and how one is opened. A source knows nothing of the log
 * or the store: it gets a `SourceContext`, listens, and says what it heard.
 */
export interface SourceKind {
  readonly shape: SourceShape;
  /** Starts nothing. */
  open(context: SourceContext): Source;
}

/** Where events come from. */
export interface Source {
  /**
   * Resolves when it hears, and what happened while nobody listened is recorded. Where it rejects,
   * it is degraded, and another is opened in its place after a while.
   */
  start(): Promise<void>;
  /**
   * Nothing of it runs afterwards. Safe before `start`, after one that rejected, and twice. With
   * `again`, another of its name is opened at once: whoever is heard by it may wait for that one.
   */
  stop(again?: boolean): Promise<void>;
}

/** All that a source may see and say. */
export interface SourceContext {
  /** `TYPE:NAME`, the `source` of its events. */
  readonly name: string;
  /** The output of its shape's schema. */
  readonly config: SourceConfig;
  /** The folder of the configuration: paths are relative to it. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Until when an earlier daemon is known to have lived, in engine time. */
  readonly aliveUntil: number | undefined;
  /** Engine time in milliseconds: what events are received at. */
  now(): number;
  /**
   * Records events and what the source remembers in one commit, and resolves when it is durable.
   *
   * Where the log takes nothing at present, it waits: who reads when it wants to, reads later. An
   * event whose id was recorded before is not recorded again, and its cursors move all the same.
   *
   * @throws SignalboxError `source.event_invalid` for what no log takes, and `source.stopped` once
   *   the source is asked to stop: then nothing was recorded.
   */
  record(batch: SourceBatch): Promise<void>;
  /** Offers an event to the log, for whom somebody waits: it says at once whether it is durable. */
  offer(event: SourceEvent): Promise<Offered>;
  /** What it remembers, in the order of the keys. */
  remembered(): AsyncIterable<Cursor>;
  /** Says that not everything is heard at present, and why. */
  degraded(reason: string): void;
  /** Says that everything is heard again. No news where it was. */
  recovered(): void;
  /** Tells what `start` found of the time when nobody listened. */
  report(found: Found): void;
  /**
   * Says that a request was refused, as an event of ours (`webhook.rejected`): no handler of this
   * source hears it. `subject` is what was asked for, where that is not the source. Never rejects.
   */
  rejected(request: RefusedRequest, subject?: string): Promise<void>;
}

/** A request that was refused, or several of which only the number is told. */
export interface RefusedRequest {
  /** The code of its answer, or `more`. */
  readonly reason: string;
  readonly status?: number;
  readonly address?: string;
  readonly path?: string;
  /** The id of the request. */
  readonly request?: string;
  readonly count?: number;
  readonly reasons?: Readonly<Record<string, number>>;
}

/** What one commit records of a source. An event with an id comes alone. */
export interface SourceBatch {
  readonly events: readonly SourceEvent[];
  /** At most `CURSORS_MAX`. */
  readonly cursors?: readonly CursorChange[] | undefined;
  /** What it has to say that is no event of its own: no handler of it hears these. */
  readonly notes?: readonly SourceNote[] | undefined;
}

/** An event of ours about a source, whose name is its subject. */
export interface SourceNote {
  readonly type: OwnEventType;
  readonly data: object;
}

/** How many cursors one commit may change: as many as the store takes. */
export const CURSORS_MAX = 1_000;

/** An event as its source tells it. The source's name is added to it. */
export type SourceEvent = Omit<EventDraft, 'source' | 'correlationid'>;

/** Something that a source remembers. */
export interface Cursor {
  readonly key: string;
  readonly value: string;
}

/** What it remembers from now on under a key; null where it forgets it. */
export interface CursorChange {
  readonly key: string;
  readonly value: string | null;
}

/** What came of an event that was offered. */
export type Offered =
  | {
      readonly kind: 'accepted';
      readonly id: string;
      readonly seq: number;
      readonly duplicate: boolean;
    }
  /** Another event has the id. */
  | { readonly kind: 'conflict'; readonly id: string; readonly seq: number }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'refused'; readonly reason: RefusedFor; readonly retryAfterMs: number };

/** Why the log takes nothing at present. */
export type RefusedFor =
  | 'busy'
  | 'stopping'
  | 'disk_full'
  | 'queue_stalled'
  | 'queue_full'
  | 'source_full';

/** Of the time when nobody listened: what was recorded after all, and what by its rules was not. */
export interface Found {
  readonly recovered: number;
  readonly skipped: number;
  /** What these are, in the plural, such as `file changes`. */
  readonly what: string;
}
