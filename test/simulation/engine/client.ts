import type { EventDraft } from '../../../src/events/event.ts';
import type { Random } from '../../../src/std/random.ts';
import type { Admission } from '../../../src/routing/admission.ts';
import type { EventPlan } from './scenario.ts';
import type { Life, Scheduler } from './scheduler.ts';

export interface ClientOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly replyLoss: number;
  /** Hands a draft to whoever listens; undefined where nobody does. */
  readonly knock: (draft: EventDraft) => Promise<Admission> | undefined;
  /** Hears of every answer that arrives. */
  readonly answered: (plan: EventPlan, admission: Admission) => void;
}

const NETWORK_MS = 5;
const PATIENCE_MS = 1_500;

/** Sends one event until it is acknowledged; without an id, until it may have arrived. */
export class Client {
  readonly #plan: EventPlan;
  readonly #options: ClientOptions;
  readonly #life: Life = { dead: false };
  #waitsFor = 0;
  #again: boolean;
  done = false;

  constructor(plan: EventPlan, options: ClientOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#again = plan.again && plan.id !== undefined;
    this.#later(plan.atMs);
  }

  #later(delayMs: number): void {
    this.#options.scheduler.after(delayMs, this.#life, () => this.#send());
  }

  #send(): void {
    const { scheduler, random, replyLoss, knock } = this.#options;
    const { id, type, source, n } = this.#plan;
    const attempt = ++this.#waitsFor;
    const reply = knock({ id, type, source, data: JSON.stringify({ n }) });
    if (reply === undefined) return this.#later(PATIENCE_MS * random());
    const lost = random() < replyLoss;
    void reply.then(
      (admission) => {
        const travel = Math.floor(random() * NETWORK_MS);
        if (!lost) scheduler.after(travel, this.#life, () => this.#hear(attempt, admission));
      },
      // A door that breaks down answers nothing.
      () => {},
    );
    scheduler.after(PATIENCE_MS, this.#life, () => this.#giveUp(attempt));
  }

  #hear(attempt: number, admission: Admission): void {
    if (attempt !== this.#waitsFor || this.done) return;
    this.#options.answered(this.#plan, admission);
    this.#waitsFor++;
    if (admission.kind === 'refused') return this.#later(admission.retryAfterMs);
    this.done = !this.#again;
    if (this.#again) this.#later(PATIENCE_MS);
    this.#again = false;
  }

  #giveUp(attempt: number): void {
    if (attempt !== this.#waitsFor || this.done) return;
    if (this.#plan.id === undefined) this.done = true;
    else this.#send();
  }
}
