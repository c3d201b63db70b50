import { suggestion } from '../std/diagnostics.ts';
import { excerpt } from './cel/messages.ts';
import type { Flow } from './flow.ts';
import type { SourceDefinition } from './source.ts';

/**
 * Everything that the user wrote, parsed under one hash.
 *
 * The hash is of the files' text and of our own actors, which the log keeps with an activation, so
 * that it can be parsed again.
 */
export interface Catalog {
  readonly hash: string;
  readonly files: readonly SourceFile[];
  readonly flows: ReadonlyMap<string, Flow>;
  /** Where events come from, by name. */
  readonly sources?: ReadonlyMap<string, SourceDefinition>;
  /** Who acts for us outside, beside Signalbox itself: what they bring about is our own doing. */
  readonly ownActors?: readonly string[];
}

export interface SourceFile {
  /** Relative to the configuration's folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** `There is no flow "a", did you mean "b"?`: the message about a name that no flow has. */
export function noSuchFlow(name: string, names: Iterable<string>): string {
  return `There is no flow "${excerpt(name)}"${suggestion(name, names) || '.'}`;
}
