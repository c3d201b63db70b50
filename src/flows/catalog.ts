import { suggestion } from '../std/diagnostics.ts';
import { excerpt } from './cel/messages.ts';
import type { Choreography } from './choreography.ts';
import type { Flow } from './flow.ts';
import type { SourceDefinition } from './source.ts';
import type { OwnTool } from './tool.ts';

/**
 * Everything that the user wrote, parsed under one hash.
 *
 * The hash is of the files' text and of our own actors, which the log keeps with an activation, so
 * that it can be parsed again.
 */
export interface Catalog {
  readonly hash: string;
  readonly files: readonly SourceFile[];
  /** All of them, the rules of choreographies included. */
  readonly flows: ReadonlyMap<string, Flow>;
  readonly choreographies?: ReadonlyMap<string, Choreography>;
  /** Where events come from, by name. */
  readonly sources?: ReadonlyMap<string, SourceDefinition>;
  /** Tools that have files of their own, by name. */
  readonly tools?: ReadonlyMap<string, OwnTool>;
  /** Who acts for us outside, beside Signalbox itself: what they bring about is our own doing. */
  readonly ownActors?: readonly string[];
}

export interface SourceFile {
  /** Relative to the configuration's folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Names of flows that a message lists. */
const NAMED_MAX = 20;

/** The message about a name that no flow in force has, with the names that there are. */
export function notInForce(name: string, names: readonly string[]): string {
  if (names.length === 0) {
    const remedy = 'Start a daemon with: signalbox up';
    return `There is no flow "${excerpt(name)}": none is in force. ${remedy}`;
  }
  const named = names.slice(0, NAMED_MAX).join(', ');
  const rest = names.length - NAMED_MAX;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return `${noSuchFlow(name, names)} In force are: ${named}${more}.`;
}

/** `There is no flow "a", did you mean "b"?`: the message about a name that no flow has. */
export function noSuchFlow(name: string, names: Iterable<string>): string {
  return `There is no flow "${excerpt(name)}"${suggestion(name, names) || '.'}`;
}
