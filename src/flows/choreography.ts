import type { Trigger } from './flow.ts';

/**
 * A set of rules that answer each other's events. Each rule is an ordinary flow of the catalog;
 * what they share is the instance, which the correlation of their events names.
 */
export interface Choreography {
  readonly name: string;
  /** What begins an instance. */
  readonly triggers: readonly Trigger[];
  /** The flows that its rules were made of, in the order of the file. */
  readonly flows: readonly string[];
}

/** The name of the flow that a rule is. */
export function ruleFlow(choreography: string, id: string): string {
  return `${choreography}.${id}`;
}
