import type { ZodType } from 'zod';
import type { Trust } from '../events/event.ts';
import type { OnFull } from './flow.ts';

/**
 * How a source of one type is written. Each type exports its shape beside its code; the parser, the
 * check and the JSON Schema for editors are all made of it.
 */
export interface SourceShape {
  /** The value of `type`, such as `schedule`. */
  readonly type: string;
  /**
   * Checks what is written beside the keys that all sources have, with `${NAME}` filled in. Its
   * output is what the source is opened with: defaults are filled in, short forms are made long.
   */
  readonly schema: ZodType<SourceConfig>;
  /**
   * The name of a source that was given none, from its own keys; undefined where its handler is the
   * better name. What it remembers is kept under its name.
   */
  nameOf(config: SourceConfig): string | undefined;
  /** Its keys whose values are secrets, which had better stand in no file. */
  readonly secretKeys: readonly string[];
  /** Whether strangers write its events: credentials are taken out of these if not told else. */
  readonly strangers?: true;
  /** Its own key for milliseconds of quiet, which a plain `debounce` is taken to mean. */
  readonly quietKey?: string;
  /** What no other source of its type may have too, for people; such as `the path /hooks/a`. */
  ownOf?(config: SourceConfig): string | undefined;
  /** What its events are worth where that is not said. */
  trustOf(config: SourceConfig): Trust;
  /** The types of its events where these are known. */
  readonly emits: readonly string[];
  /** The type of those events that its handlers answer; all of them where it is left out. */
  readonly handled?: string;
  /**
   * What becomes of an event while the run of an earlier one is open, in a handler that has no
   * `concurrency` of its own.
   */
  overlapOf?(config: SourceConfig): Overlap | undefined;
  /** Why the daemon's other settings forbid such a source; undefined where they do not. */
  problem?(config: SourceConfig, settings: SourceSettings): string | undefined;
}

/** What becomes of an event whose flow is at its limit, or `allow` where there is no limit. */
export type Overlap = OnFull | 'allow';

/** What is written for one source beside what all have. Each type knows its own. */
export type SourceConfig = Readonly<Record<string, unknown>>;

/** The settings that sources depend on. */
export interface SourceSettings {
  /** Where webhooks are heard. */
  readonly webhookHost: string;
}
