import type { Decision } from './journal.ts';

/**
 * A person has a run go on by another definition of its flow: by that of another catalog. What it
 * did is told by the new definition from here on; the records before this one keep the places that
 * steps had as they were written.
 */
export interface RunMoved extends Decision {
  readonly type: 'run.moved';
  /** Where it stands in the new definition. */
  readonly at: string;
  readonly step: string;
  /** The hash of the catalog that it goes by from now on, and of the one before. */
  readonly catalog: string;
  readonly from: string;
  /** Where steps have gone to, by the places that they had; null for those that are gone. */
  readonly places: { readonly [at: string]: string | null };
  /** When it wants a slot, as far as it waits for one. */
  readonly due: number | null;
  /** Whether the step at which it stands begins anew. */
  readonly anew?: true;
  /** What the person has accepted. */
  readonly accepted?: MoveDifferences;
}

/**
 * What keeps a run from simply going on by another definition, as steps by their ids: those that
 * are done and are others there (`changed`); done or begun, and there no more (`gone`); done or
 * begun, and to be done again, since they stand behind the place where the run goes on (`again`);
 * and not done and never to be, since they stand before it (`passed`).
 */
export type MoveDifferences = Readonly<
  Record<'changed' | 'gone' | 'again' | 'passed', readonly string[]>
>;
