import type { LogRecord } from '../store/contract.ts';

/** Signalbox itself, as it names itself to others. */
const SIGNALBOX = 'signalbox';

/** The actors that are our own: those that the user names, and Signalbox itself. */
export function ownActorsOf(named: readonly string[] = []): ReadonlySet<string> {
  return new Set([SIGNALBOX, ...named]);
}

/**
 * The actor of an event from outside that one of our own actors brought about, such as a comment by
 * our bot; undefined for all others. What we record ourselves has its place in a chain of causes,
 * whose length is watched, and so is nobody's doing here.
 */
export function ownActorOf(record: LogRecord, own: ReadonlySet<string>): string | undefined {
  // Few events have attributes beside the columns, and of those most name no actor.
  if (record.source === null || record.attributes?.includes('"actor":') !== true) return undefined;
  const { actor } = JSON.parse(record.attributes) as { readonly actor?: string };
  return actor !== undefined && own.has(actor) ? actor : undefined;
}

/** The rule that keeps such an event from starting a flow, in a sentence without its full stop. */
export function ownActorRule(actor: string): string {
  return `its actor "${actor}" is one of our own, and the trigger does not say "own: true"`;
}
