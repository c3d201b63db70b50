import type { Condition } from '../../../flows/condition.ts';
import type { DecisionWord } from '../../../gates/proposal.ts';
import type { Json } from '../../../std/json.ts';

/** A story of one file: what happens at which virtual time, and what is to come of it. */
export interface Scenario {
  readonly file: string;
  /** What it says, as a sentence. */
  readonly test: string;
  /** When it begins, as RFC 3339; the test box's own beginning where it is left out. */
  readonly at?: string | undefined;
  readonly seed: number;
  /** What `${NAME}` stands for in the configuration. */
  readonly env: Readonly<Record<string, string>>;
  /** In the order of their times. */
  readonly given: readonly Given[];
  readonly answers: WrittenAnswers;
  readonly expect: readonly Expectation[];
  /** When it is over, in milliseconds from its beginning. */
  readonly untilMs: number;
}

/** What happens, and where that is written, as `file:line:column`. */
export type Given = WrittenGiven & { readonly place: string };

/** What happens, and when: in milliseconds from the beginning. */
export type WrittenGiven = { readonly atMs: number } & (
  | {
      readonly kind: 'emit';
      readonly type: string;
      readonly data: Json;
      readonly attributes: EmittedAttributes;
    }
  | {
      readonly kind: 'webhook';
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Json;
    }
  | { readonly kind: 'file'; readonly paths: readonly string[]; readonly change: FileChange }
  | {
      readonly kind: 'trigger';
      readonly flow: string;
      readonly data: Json;
      /** Whether somebody is asked before each step that acts, in all that comes of it. */
      readonly interactive?: boolean | undefined;
    }
  | ({ readonly kind: 'decide' } & GivenDecision)
  | { readonly kind: 'restart'; readonly downMs: number }
);

/** What somebody says of a proposal: the oldest open one of the flow, and of the step. */
export interface GivenDecision {
  readonly decision: DecisionWord;
  readonly flow: string;
  /** The id of the step; any of the flow where it is left out. */
  readonly step?: string | undefined;
  /** A person of the configuration's, or `owner`. */
  readonly by: string;
  readonly reason?: string | undefined;
  /** What the step is to be given in place of what is proposed. */
  readonly edited?: Json | undefined;
}

/** What an emitted event says beside its type and its data. */
export interface EmittedAttributes {
  readonly id?: string | undefined;
  readonly subject?: string | undefined;
  readonly source?: string | undefined;
  readonly correlationid?: string | undefined;
}

export type FileChange = 'create' | 'modify' | 'delete';

/** What steps give: by the kind of the step, the name of its tool, or, before both, its id. */
export interface WrittenAnswers {
  readonly byName: Readonly<Record<string, Json>>;
  readonly bySteps: Readonly<Record<string, Json>>;
  /** Steps that fail, by their ids, with what they say. */
  readonly failing: Readonly<Record<string, string>>;
}

/** What is to be there, or is not to be. */
export interface Expectation extends Wanted {
  /** By then, in milliseconds from the beginning. */
  readonly byMs?: number | undefined;
  /** Exactly so many; at least one where it is left out, and none of what is never to be. */
  readonly count?: number | undefined;
  readonly never: boolean;
  /** Where it is written, as `file:line`. */
  readonly place: string;
}

export interface Wanted extends WantedFields {
  readonly what: 'event' | 'run' | 'effect' | 'proposal' | 'incident' | 'notification';
  /**
   * The type of an event, the flow of a run or a proposal, the kind or tool of an effect, the
   * subject of an incident, or the channel of a notification.
   */
  readonly name: string;
  readonly where?: Condition | undefined;
}

/** What else is to be as it is written, of things that have it. */
export interface WantedFields {
  readonly state?: string | undefined;
  /** The id of a step. */
  readonly step?: string | undefined;
  readonly risk?: string | undefined;
  readonly level?: string | undefined;
  /** Who is told. */
  readonly to?: string | undefined;
  readonly urgency?: string | undefined;
}

/** Something that did not come true. */
export interface Unmet {
  readonly place: string;
  readonly expected: string;
  readonly instead: string;
  /** What came nearest, in the order of time. */
  readonly nearest: readonly string[];
}
