import type { Event } from '../events/event.ts';
import type { Json } from '../std/json.ts';
import type { Leash } from './attempt.ts';
import type { Motion } from './motion.ts';
import type { StepContext } from './step-kind.ts';
import type { Usage } from './usage.ts';

/** What a context is made of. */
export interface ContextParts {
  readonly motion: Motion;
  readonly leash: Leash;
  readonly step: string;
  readonly input: Json;
  readonly epoch: string;
  readonly directory: string;
  readonly now: number;
  readonly secrets?: Readonly<Record<string, string>> | undefined;
}

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
  readonly #motion: Motion;
  readonly #leash: Leash;

  constructor(parts: ContextParts) {
    const { motion, leash, step, input, epoch, directory, now, secrets } = parts;
    this.#motion = motion;
    this.#leash = leash;
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
  }

  get event(): Event {
    return this.#motion.event;
  }

  get spent(): Usage | undefined {
    return this.#motion.spent;
  }

  get signal(): AbortSignal {
    return this.#leash.signal;
  }
}
