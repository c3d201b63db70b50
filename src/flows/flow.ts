import type { Pattern } from '../events/pattern.ts';
import type { Backoff } from '../std/backoff.ts';
import type { Condition } from './condition.ts';
import type { TemplateTree } from './template.ts';

/** What a user wrote under `flows:` or `handlers:`, parsed, checked and frozen. */
export interface Flow {
  readonly name: string;
  /** What starts it; none for a handler, which its source names. */
  readonly triggers: readonly Trigger[];
  /** At least one. */
  readonly steps: readonly Step[];
}

export interface Trigger {
  readonly pattern: Pattern;
  readonly where?: Condition | undefined;
}

/** One node of a flow's tree: something to do, or a choice between two lists of steps. */
export type Step = ActionStep | ChoiceStep;

interface StepBase {
  /** Unique within its flow: as written, else the step's number from 1, counted in file order. */
  readonly id: string;
  readonly name?: string | undefined;
  /** The `if` beside a kind: where it is false, the step is passed over. */
  readonly guard?: Condition | undefined;
}

/** Something to do. `kind` says which `StepKind` does it, `input` is what that kind is given. */
export interface ActionStep extends StepBase {
  readonly kind: string;
  readonly choice?: undefined;
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
  /** What its failure means for the run; `fail` where it is left out. */
  readonly onError?: OnError | undefined;
}

/** `if: CEL` with `then` and `else`, either of which may be empty but not both. */
export interface ChoiceStep extends StepBase {
  readonly kind: 'if';
  readonly choice: Choice;
}

export interface Choice {
  readonly condition: Condition;
  readonly then: readonly Step[];
  readonly else: readonly Step[];
}

/** A step that has failed for good ends its run (`fail`), or is passed over (`continue`). */
export type OnError = 'fail' | 'continue';

export const ON_ERROR: readonly OnError[] = ['fail', 'continue'];

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

/**
 * What to do about a step that may or may not have happened: repeat it (`idempotent`), ask the
 * target first (`verify`), or stop and ask a person (`ask`).
 */
export type Effect = 'idempotent' | 'verify' | 'ask';

export const EFFECTS: readonly Effect[] = ['idempotent', 'verify', 'ask'];
