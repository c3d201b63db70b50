import type { Fork } from '../flow.ts';

/** A kind of step and the further keys that belong to it. */
export interface KindKeys {
  readonly kind: string;
  readonly keys: readonly string[];
}

/** A kind of step that others do. */
export interface ForkKind extends KindKeys {
  readonly kind: Fork['kind'];
  /** Where what a fork cannot say itself belongs, as the end of a sentence. */
  readonly inside: string;
}

const KINDS: readonly ForkKind[] = [
  { kind: 'parallel', keys: [], inside: 'the steps inside "parallel"' },
  { kind: 'each', keys: ['as', 'do', 'concurrency'], inside: 'the steps inside "do"' },
  { kind: 'call', keys: ['data', 'detach', 'close'], inside: 'the steps of the flow it calls' },
];

/** The kinds of steps that others do, by kind. */
export const FORKS: ReadonlyMap<string, ForkKind> = new Map(KINDS.map((fork) => [fork.kind, fork]));
