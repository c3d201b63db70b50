import type { ActionStep } from '../flows/flow.ts';
import { render, type TemplateTree } from '../flows/template.ts';
import { type Attempts, failure, type Leash } from './attempt.ts';
import { DrivenContext } from './driven-context.ts';
import type { DriverOptions } from './driver-options.ts';
import { hearingOf } from './hearing.ts';
import type { Motion } from './motion.ts';
import type { Recorder } from './recorder.ts';
import { type Opened, scopeWith, withSecrets } from './run-secrets.ts';
import type { StepContext, StepResult } from './step-kind.ts';

/** What a step is called with. */
export interface StepCall {
  readonly tree: TemplateTree;
  /** What `now` is in its templates, where that is not the present. */
  readonly asOf?: number | undefined;
  /** Hears when the step's kind is asked for it at all. */
  readonly begins?: () => void;
}

/** What one attempt is given. */
interface Given extends Opened, Pick<StepCall, 'tree' | 'asOf'> {
  readonly leash: Leash;
}

/** Makes what a step sees, and calls its kind with it. */
export class StepCaller {
  readonly #options: DriverOptions;
  readonly #attempts: Attempts;
  readonly #recorder: Recorder;

  constructor(
    options: DriverOptions,
    { attempts, recorder }: { readonly attempts: Attempts; readonly recorder: Recorder },
  ) {
    this.#options = options;
    this.#attempts = attempts;
    this.#recorder = recorder;
  }

  /** The result of one attempt. */
  call(
    motion: Motion,
    step: ActionStep,
    { tree, asOf, begins }: StepCall,
  ): Promise<StepResult> | StepResult {
    const kind = this.#options.kinds.get(step.kind);
    if (kind === undefined) {
      return failure('step.kind_unknown', `This daemon has no step kind "${step.kind}".`);
    }
    return withSecrets(motion, step, this.#options.secrets, (opened) => {
      const call = { run: motion.id, limitMs: this.#limit(step, motion), ...opened };
      return this.#attempts.call(kind, step, call, (leash) => {
        const context = this.#context(motion, step, { tree, asOf, leash, ...opened });
        begins?.();
        return context;
      });
    });
  }

  /** How long the attempt may take: the rest of the step's or the run's whole time, if less. */
  #limit({ timeoutMs, totalMs }: ActionStep, { since, deadline }: Motion): number {
    const end = Math.min(deadline, since + (totalMs ?? Number.POSITIVE_INFINITY));
    if (end === Number.POSITIVE_INFINITY) return timeoutMs;
    return Math.min(timeoutMs, Math.max(1, end - this.#options.time.now()));
  }

  #context(motion: Motion, step: ActionStep, { tree, asOf, leash, secrets }: Given): StepContext {
    const { store, time, directory, access } = this.#options;
    const now = time.now();
    // What undoes it is told what it was given: that is rendered again then.
    const own = step.compensate === undefined ? now : motion.since;
    return new DrivenContext({
      hear: hearingOf(motion, step, this.#options, this.#recorder),
      motion,
      leash,
      step: step.id,
      input: render(tree, scopeWith(motion.scope(asOf ?? own), secrets)),
      secrets,
      epoch: `${store.identity.incarnation}.${motion.run.epoch}`,
      directory,
      now,
      access,
    });
  }
}
