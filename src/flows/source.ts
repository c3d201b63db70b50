import { isDeepStrictEqual } from 'node:util';
import type { Trust } from '../events/event.ts';
import type { SecretField } from '../store/secrets/secret-table.ts';
import type { QueueLimit } from './flow.ts';
import type { SourceConfig } from './source-shape.ts';

/** A source as the user wrote it under `sources:`, checked and frozen. */
export interface SourceDefinition {
  /** `TYPE:NAME`: the `source` of its events, and what it is called everywhere. */
  readonly name: string;
  readonly type: string;
  /** The flows that it names: each hears every event of it. */
  readonly handlers: readonly string[];
  readonly trust: Trust;
  /** After how long without an event it counts as stale; never where it is left out. */
  readonly staleMs?: number | undefined;
  /** How many of its events may wait, where it says that. */
  readonly queue?: QueueLimit | undefined;
  /** Whether credentials are taken out of its events, wherever they stand. */
  readonly redact?: true;
  /** What of its events is sealed beside the log. */
  readonly secretFields?: readonly SecretField[];
  /** For how long that is kept. */
  readonly secretKeepMs?: number;
  /** What its type's schema made of its own keys. May hold secrets: never shown, never logged. */
  readonly config: SourceConfig;
  /**
   * Something in it has no value at present, as with a recorded catalog whose variable is not set
   * here: its events are matched as ever, and it is not opened.
   */
  readonly unset?: true;
}

/** Which sources come and go where others take their place, by name in the files' order. */
export interface SourcesDifference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Those that are opened anew, since something of them differs. */
  readonly changed: readonly string[];
}

type Definitions = ReadonlyMap<string, SourceDefinition>;

/** Compares two catalogs' sources as they were parsed. What is secret in them is not told. */
export function compareSources(before: Definitions, after: Definitions): SourcesDifference {
  const isChanged = ([name, source]: readonly [string, SourceDefinition]): boolean =>
    before.has(name) && !isDeepStrictEqual(before.get(name), source);
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...after].filter(isChanged).map(([name]) => name),
  };
}
