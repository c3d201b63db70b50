import type { Pattern } from '../events/pattern.ts';
import type { Backoff } from '../std/backoff.ts';
import type { Condition } from './condition.ts';
import type { Key } from './key.ts';
import type { TemplateTree } from './template.ts';
import type { PatternPlace } from './time-pattern.ts';

/** What a user wrote under `flows:` or `handlers:`, parsed, checked and frozen. */
export interface Flow {
  readonly name: string;
  /** What starts it; none for a handler, which its source names. */
  readonly triggers: readonly Trigger[];
  /** At least one. */
  readonly steps: readonly Step[];
  /** What is done when a run has failed for good, before it ends. */
  readonly onFailure?: readonly Step[] | undefined;
  /** How long a run may take from its start to its end. */
  readonly totalMs?: number | undefined;
  /** How long a run may wait for its first slot. */
  readonly queueMs?: number | undefined;
  /** How many of its runs go on at once. */
  readonly concurrency?: Concurrency | undefined;
  /** Runs whose events have the same key go one after the other, each to its end. */
  readonly order?: Key | undefined;
  /** How often its runs may start. */
  readonly throttle?: Throttle | undefined;
  /** Of two flows that wait, the one with the higher priority is next; 0 where it is left out. */
  readonly priority?: number | undefined;
  /** What it belongs to: free slots go round projects first. Flows without one are one together. */
  readonly project?: string | undefined;
  /** Where given: events are gathered, and what starts a run is the window that they made. */
  readonly gather?: Gather | undefined;
  /** How many of its runs may wait, where that is not left to the settings. */
  readonly queue?: QueueLimit | undefined;
  /** Whether what its runs have done can be undone: a step has a `compensate`, or calls such. */
  readonly isSaga?: boolean | undefined;
  /** The flows which it calls and waits for whose runs can be undone. */
  readonly sagas?: readonly string[] | undefined;
  /** How much of it happens without a person, where that is not left to the settings. */
  readonly autonomy?: Autonomy | undefined;
  /** Where given: it is the flow of this tool, which answers events. */
  readonly tool?: string | undefined;
  /** Where given: it is a rule of a choreography. */
  readonly rule?: Rule | undefined;
}

/**
 * The rule of a choreography that a flow was made of. Its runs belong to the instance that their
 * event's correlation names, and what they emit answers that event.
 */
export interface Rule {
  readonly choreography: string;
  /** As written, else the rule's number from 1. */
  readonly id: string;
  /** How often it answers within one instance at most. */
  readonly max?: number | undefined;
  /** What begins an instance of its choreography. */
  readonly triggers: readonly Trigger[];
}

/**
 * How much happens without a person. 0 observes: nothing that acts is done. 1 proposes all of it.
 * 2 does by itself what is below the risk threshold, and 3 all that no gate and no policy holds.
 */
export type Autonomy = 0 | 1 | 2 | 3;

export const AUTONOMY_LEVELS: readonly Autonomy[] = [0, 1, 2, 3];

/** At most `limit` runs of the flow at once, or of those with the same key. */
export interface Concurrency {
  readonly key?: Key | undefined;
  readonly limit: number;
  readonly onFull: OnFull;
}

/**
 * What becomes of an event where the limit is reached: its run waits (`queue`), takes the place of
 * the oldest one, which is cancelled (`replace`), is not started (`drop`), or is a dead letter.
 */
export type OnFull = 'queue' | 'replace' | 'drop' | 'error';

export const ON_FULL: readonly OnFull[] = ['queue', 'replace', 'drop', 'error'];

/** Of runs that wait for a slot: how many there may be, and what becomes of one too many. */
export interface QueueLimit {
  readonly limit?: number | undefined;
  readonly overflow?: QueueOverflow | undefined;
}

/**
 * What becomes of work that finds the queue full: it waits all the same, in the log (`queue`), is
 * refused (`error`), or is recorded and starts nothing (`drop`).
 */
export type QueueOverflow = 'queue' | 'error' | 'drop';

/** At most `limit` starts in `perMs`, spread evenly once a burst of as many has passed. */
export interface Throttle {
  readonly key?: Key | undefined;
  readonly limit: number;
  readonly perMs: number;
}

/**
 * Events that come within a window are one start. It closes when none has come for `quietMs`, when
 * it is `maxMs` old, or when it holds `size` events, whichever is first.
 */
export interface Gather {
  readonly kind: 'debounce' | 'batch';
  readonly key?: Key | undefined;
  readonly quietMs?: number | undefined;
  readonly maxMs: number;
  readonly size: number;
}

export interface Trigger {
  readonly pattern: Pattern;
  readonly where?: Condition | undefined;
  /** Where given: it takes its events together, apart from those of the flow's other triggers. */
  readonly gather?: Gather | undefined;
  /** Whether it also takes events from outside that one of our own actors brought about. */
  readonly own?: boolean | undefined;
  /** Where given: its events start a run only as a part of a pattern over time. */
  readonly over?: PatternPlace | undefined;
}

/**
 * One node of a flow's tree: something to do, a choice between two lists of steps, or a fork into
 * further runs.
 */
export type Step = ActionStep | ChoiceStep | ForkStep;

interface StepBase {
  /**
   * Unique within its flow: as written, else the step's number from 1, counted in file order, the
   * steps of `on_failure` last.
   */
  readonly id: string;
  readonly name?: string | undefined;
  /** The `if` beside a kind: where it is false, the step is passed over. */
  readonly guard?: Condition | undefined;
  /** Whether nothing of the run is undone any more once the step has succeeded. */
  readonly pivot?: boolean | undefined;
  /** Whether a model with tools has a say in it: it is judged as if a stranger had started it. */
  readonly tainted?: true | undefined;
}

/** Something to do. `kind` says which `StepKind` does it, `input` is what that kind is given. */
export interface ActionStep extends StepBase {
  readonly kind: string;
  readonly choice?: undefined;
  readonly fork?: undefined;
  readonly input: TemplateTree;
  readonly retry: RetryPolicy;
  /** How long one attempt may take. */
  readonly timeoutMs: number;
  /** How long all attempts and the pauses between them may take, from the first one on. */
  readonly totalMs?: number | undefined;
  readonly effect: Effect;
  /** For `effect: verify`: the input of the same kind that asks whether the step happened. */
  readonly verify?: TemplateTree | undefined;
  /** A name under which later steps find the result, beside `steps.ID.output`. */
  readonly output?: string | undefined;
  /** The same where it has no `output`: the names that are usual for its kind. */
  readonly usualNames?: readonly string[] | undefined;
  /** What its failure means for the run; `fail` where it is left out. */
  readonly onError?: OnError | undefined;
  /** Where given: nobody calls the step before it is approved. */
  readonly gate?: Gate | undefined;
  /** The secrets of the run's event that it is given. */
  readonly secrets?: readonly string[] | undefined;
  /** What undoes it where its run fails or is cancelled later. */
  readonly compensate?: ActionStep | undefined;
}

/** How bad it may be what a step does. */
export type Risk = 'low' | 'medium' | 'high';

export const RISKS: readonly Risk[] = ['low', 'medium', 'high'];

/** `gate:` beside a step or alone: who says yes to it, and until when. */
export interface Gate {
  readonly risk?: Risk | undefined;
  /** What people are told of it, beside what the step would do. */
  readonly proposal?: TemplateTree | undefined;
  /** People and roles; names of nobody are the owner's. Empty: whoever may decide anything. */
  readonly approvers: readonly string[];
  /** How many different people must approve. */
  readonly quorum: number;
  /** How long a yes may take; for ever where it is left out. */
  readonly expiresMs?: number | undefined;
  /** How long without an answer until somebody is reminded. */
  readonly remindMs?: number | undefined;
  /** Whom an unanswered proposal is escalated to: people and channels. */
  readonly escalate: readonly string[];
  /** What no answer means: the run is declined, or the step has failed. */
  readonly onExpire: 'reject' | 'fail';
}

/** `if: CEL` with `then` and `else`, either of which may be empty but not both. */
export interface ChoiceStep extends StepBase {
  readonly kind: 'if';
  readonly choice: Choice;
  readonly fork?: undefined;
}

export interface Choice {
  readonly condition: Condition;
  readonly then: readonly Step[];
  readonly else: readonly Step[];
}

/** A step that others do: branches of the same run, or a run of another flow. */
export interface ForkStep extends StepBase {
  readonly kind: Fork['kind'];
  readonly choice?: undefined;
  readonly fork: Fork;
  readonly output?: string | undefined;
  readonly onError?: OnError | undefined;
}

export type Fork = ParallelFork | EachFork | CallFork;

/** `parallel: [steps]`: every step is a branch of its own, all of them at once. */
export interface ParallelFork {
  readonly kind: 'parallel';
  readonly steps: readonly Step[];
}

/** `each: LIST` with `do`: a branch for each item, `concurrency` of them at once. */
export interface EachFork {
  readonly kind: 'each';
  /** Renders to a list of at most `EACH_ITEMS_MAX`. */
  readonly items: TemplateTree;
  /** The name under which the steps inside find their item. */
  readonly as: string;
  readonly do: readonly Step[];
  readonly concurrency: number;
}

/** `call: FLOW`: a run of another flow, whose event carries `data`. */
export interface CallFork {
  readonly kind: 'call';
  readonly flow: string;
  readonly data: TemplateTree;
  /** Whether the step is done as soon as the run has begun. */
  readonly detach: boolean;
  /** What becomes of the called run where this one is cancelled. */
  readonly close: 'cancel' | 'abandon';
}

/** Items that one `each` takes. */
export const EACH_ITEMS_MAX = 10_000;

/**
 * A step that has failed for good ends its run (`fail`), is passed over (`continue`), or ends its
 * run and calls for people by `escalation.raised` (`escalate`).
 */
export type OnError = 'fail' | 'continue' | 'escalate';

export const ON_ERROR: readonly OnError[] = ['fail', 'continue', 'escalate'];

export interface RetryPolicy extends Backoff {
  /** How often the step is tried in all. */
  readonly attempts: number;
  /** Only these failures are retried; all that may pass where it is left out. */
  readonly retryOn?: readonly FailureName[] | undefined;
  /** These failures are never retried, whatever `retryOn` says. */
  readonly neverOn?: readonly FailureName[] | undefined;
}

/**
 * A failure as a user names it: an error's code (`step.timeout`), a prefix of codes that ends in
 * `*` (`http.*`), an exit code or HTTP status (`75`, `429`), or a class of statuses (`5xx`).
 */
export type FailureName = string | number;

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 3,
  delayMs: 1_000,
  factor: 2,
  delayMsMax: 300_000,
};

/** How often an undo is tried that says nothing of that itself: for about two minutes. */
export const UNDO_RETRY: RetryPolicy = { ...DEFAULT_RETRY, attempts: 8 };

/**
 * What to do about a step that may or may not have happened: repeat it (`idempotent`), ask the
 * target first (`verify`), or stop and ask a person (`ask`).
 */
export type Effect = 'idempotent' | 'verify' | 'ask';

export const EFFECTS: readonly Effect[] = ['idempotent', 'verify', 'ask'];
