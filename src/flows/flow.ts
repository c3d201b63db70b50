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

/** One node of a flow. `kind` says which `StepKind` does it, `input` is what that kind is given. */
export interface Step {
  /** Unique within its flow: as written, else the step's number from 1. */
  readonly id: string;
  readonly name?: string | undefined;
  readonly kind: string;
  readonly input: TemplateTree;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly effect: Effect;
  /** For `effect: verify`: the input of the same kind that asks whether the step happened. */
  readonly verify?: TemplateTree | undefined;
}

export interface RetryPolicy extends Backoff {
  /** How often the step is tried in all. */
  readonly attempts: number;
}

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
