import type { Event } from '../events/event.ts';
import type { Proposed } from '../gates/content.ts';
import type { StepShape } from '../flows/step-shape.ts';
import type { Json } from '../std/json.ts';
import type { Hearing } from './tellings.ts';
import type { Wanted } from './awaiting.ts';
import type { Usage } from './usage.ts';

/**
 * One thing that a run can do. A kind knows nothing of the run, the log or the store: it gets a
 * `StepContext`, acts, and says what came of it.
 *
 * What it throws counts as `retry`, except a `TerminalError`, which counts as `fail`.
 */
export interface StepKind {
  readonly shape: StepShape;
  /**
   * Whether nothing that a step of this kind does can take the daemon down: where one dies all the
   * same, it was not the step, however often it happens.
   */
  readonly contained?: boolean;
  /**
   * What a call with this input would do, for whoever is asked to approve it; and the bytes of the
   * files that this depends on. Changes nothing. Where it is left out, people see the input.
   *
   * @throws SignalboxError where such a call would be refused too, as for `step.input_invalid`.
   */
  propose?(candidate: ProposedCall): Promise<Proposed>;
  /** Keys that its input may have beside its own and those of its shape. */
  readonly inputKeys?: readonly string[];
  execute(context: StepContext): Promise<StepResult>;
}

/** A call that a person is asked about before it is made. */
export interface ProposedCall {
  /** The step's mapping with its templates filled in; a name stands for each secret. */
  readonly input: Json;
  readonly event: Event;
  /** The hash of the catalog that the run is pinned to. */
  readonly catalog: string;
  /** The folder of the configuration: paths are relative to it. */
  readonly directory: string;
}

/** All that a step may see. */
export interface StepContext {
  /** The step's mapping with its templates filled in. */
  readonly input: Json;
  readonly event: Event;
  readonly flow: string;
  /** The hash of the catalog that the run is pinned to; undefined outside of runs. */
  readonly catalog?: string | undefined;
  readonly step: string;
  /** The run's id as shown. */
  readonly run: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** `INCARNATION.EPOCH`: later claims compare greater, so a target can refuse an older one. */
  readonly epoch: string;
  /** The same for every attempt of this step of this run, on every machine. */
  readonly key: string;
  /** Where the step stands in a distributed trace, as W3C Trace Context writes it. */
  readonly traceparent?: string | undefined;
  /** The folder of the configuration: paths are relative to it. */
  readonly directory: string;
  /** Aborted at the step's timeout and when the daemon stops. The step must end soon after. */
  readonly signal: AbortSignal;
  /** Engine time in milliseconds. */
  readonly now: number;
  /** The secrets of the event that the step lists, by name. They are in no result that is kept. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** What earlier attempts at this step of this run were paid for, as far as is known. */
  readonly spent?: Usage | undefined;
  /** How what the step starts reaches the daemon; undefined where nobody can. */
  readonly access?: (() => Promise<StepAccess | undefined>) | undefined;
  /** Listens to what is recorded as the run's from now on; undefined where no log is at hand. */
  readonly hear?: (() => Hearing) | undefined;
}

/** A way to the daemon that is open to one run, as long as that has not ended. */
export interface StepAccess {
  readonly url: string;
  /** Lets its holder record events as the run's, and nothing else. */
  readonly token: string;
}

/** What came of one attempt at a step. */
export type StepResult =
  | {
      readonly kind: 'done';
      readonly output: Json;
      readonly emits?: readonly Emission[];
      readonly usage?: Usage;
    }
  /** There was nothing to do, now or in the steps behind it: the run ends here. */
  | { readonly kind: 'noop' }
  /** Nothing to do until then (engine time, ms); the step is done when it comes. */
  | { readonly kind: 'wait'; readonly until: number }
  /** Nothing to do until such an event comes, or until then: the step's output is that event. */
  | { readonly kind: 'await'; readonly wanted: Wanted; readonly until: number | null }
  /** Nothing was done, and nothing counts as tried: the step is called again then. */
  | { readonly kind: 'park'; readonly until: number; readonly reason: string }
  /** Failed, and would fail again. */
  | { readonly kind: 'fail'; readonly error: StepError }
  /** Failed, and may succeed later; `afterMs` where the other side said when. */
  | { readonly kind: 'retry'; readonly error: StepError; readonly afterMs?: number };

export interface StepError {
  readonly code: string;
  /** What happened, where, and what to do: shown as it is. */
  readonly message: string;
  /** Whether the outside effect is known not to have happened, or may have. */
  readonly happened: 'no' | 'maybe';
  /** The exit code or the HTTP status that it is about, by which `retry_on` can name it. */
  readonly status?: number;
  /** Whether the target itself said so: what cannot be reached has not answered. */
  readonly answered?: boolean;
  /** What the step said before it failed, such as the end of its standard error. */
  readonly detail?: string;
  /** What the attempt was paid for all the same, as far as is known. */
  readonly usage?: Usage;
}

/** An event that a step asks the log to record together with its own completion. */
export interface Emission {
  readonly type: string;
  readonly subject?: string;
  readonly data: Json;
  /**
   * The seq of the event that it answers, which then is its cause in place of the run: an answer of
   * the same type to the same event is recorded once, whoever gives it.
   */
  readonly answers?: number;
}
