import type { Event } from '../events/event.ts';
import type { RunPlace } from '../identity/principal.ts';
import type { Json } from '../std/json.ts';
import type { Leash } from './attempt.ts';
import { isInteractiveRun } from './interactive.ts';
import type { Motion } from './motion.ts';
import type { StepAccess, StepContext } from './step-kind.ts';
import type { Hearing } from './tellings.ts';
import type { Usage } from './usage.ts';
import { trustOf } from './trust.ts';

/** What a context is made of. */
export interface ContextParts {
  readonly motion: Motion;
  readonly leash: Leash;
  readonly step: string;
  readonly input: Json;
  readonly epoch: string;
  readonly directory: string;
  readonly now: number;
  readonly access: OpenAccess | undefined;
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  readonly hear?: (() => Hearing) | undefined;
}

/** Opens the way to the daemon for a run. */
export type OpenAccess = (run: RunPlace) => Promise<StepAccess | undefined>;

/**
 * What a step sees of its run. Event and signal are made when a step first looks at them. A class,
 * since an object literal with getters is built anew for each call and costs as much as the rest of
 * it.
 */
export class DrivenContext implements StepContext {
  readonly input: Json;
  readonly flow: string;
  readonly step: string;
  readonly run: string;
  readonly attempt: number;
  readonly epoch: string;
  readonly key: string;
  readonly directory: string;
  readonly now: number;
  readonly secrets: Readonly<Record<string, string>> | undefined;
  readonly hear: (() => Hearing) | undefined;
  readonly #motion: Motion;
  readonly #leash: Leash;
  readonly #open: OpenAccess | undefined;

  constructor(parts: ContextParts) {
    const { motion, leash, step, input, epoch, directory, now, access, secrets } = parts;
    this.#motion = motion;
    this.#leash = leash;
    this.#open = access;
    this.input = input;
    this.flow = motion.flow.name;
    this.step = step;
    this.run = motion.shownId;
    this.attempt = motion.run.attempt;
    this.epoch = epoch;
    this.key = motion.key(step);
    this.directory = directory;
    this.now = now;
    this.secrets = secrets;
    this.hear = parts.hear;
  }

  get event(): Event {
    return this.#motion.event;
  }

  get catalog(): string {
    return this.#motion.run.catalog;
  }

  get spent(): Usage | undefined {
    return this.#motion.spent;
  }

  get traceparent(): string {
    return this.#motion.traceparent(this.step);
  }

  get signal(): AbortSignal {
    return this.#leash.signal;
  }

  async access(): Promise<StepAccess | undefined> {
    const { id, run } = this.#motion;
    const { correlation, hops } = run;
    const untrusted = trustOf(this.#motion) === 'untrusted';
    const interactive = isInteractiveRun(this.#motion);
    return this.#open?.({ id, correlation, hops, untrusted, interactive });
  }
}
