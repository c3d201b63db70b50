import type { Random } from '../../../src/std/random.ts';
import { TerminalError } from '../../../src/std/errors.ts';
import type { StepContext, StepError, StepKind, StepResult } from '../../../src/runs/step-kind.ts';
import { z } from 'zod';
import type { Life, Scheduler } from './scheduler.ts';
import { AFTER_MS, answerOf, type Outcome, outcomeOf, type StepScript } from './script.ts';

/** One call of a step, as the outside sees it. */
export interface Call {
  readonly key: string;
  readonly script: StepScript;
  readonly context: StepContext;
  /** Whether it only asks if the step happened. */
  readonly question: boolean;
  readonly outcome: Outcome;
  readonly life: Life;
  readonly at: number;
}

/** What the outside knows of one idempotency key. */
export interface Target {
  readonly calls: Call[];
  readonly questions: Call[];
  happened: number;
  /** How many calls there had been when it last said that nothing happened; undefined before. */
  deniedAfter: number | undefined;
}

export interface WorldOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Whether what a dead process sent may still arrive. */
  readonly lateEffects: boolean;
  /** Hears of every call and question before anything comes of it. */
  readonly called: (call: Call) => void;
  readonly kill: (life: Life) => void;
}

const SLOW_MS = 6_000;
const LATE_MS = 15_000;

/** The outside: what steps act on. It outlives every process, and forgets nothing. */
export class World {
  readonly #options: WorldOptions;
  readonly #targets = new Map<string, Target>();
  readonly #immortal: Life = { dead: false };

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  /** What is known of a key. */
  target(key: string): Target {
    let target = this.#targets.get(key);
    if (target === undefined) {
      target = { calls: [], questions: [], happened: 0, deniedAfter: undefined };
      this.#targets.set(key, target);
    }
    return target;
  }

  /** The kinds of steps that a process has. */
  kinds(life: Life): StepKind[] {
    return [
      this.#kind('act', life, (context, script) => this.#act(context, script, life)),
      this.#kind('sleep', life, (context, script) => this.#sleep(context, script, life)),
      this.#kind('emit', life, (context, script) => this.#emit(context, script, life)),
    ];
  }

  #kind(
    kind: string,
    life: Life,
    execute: (context: StepContext, script: StepScript) => Promise<StepResult>,
  ): StepKind {
    return {
      shape: { kind, keys: [], schema: ANYTHING, effect: 'idempotent', timeoutMs: 1_000 },
      contained: kind !== 'act',
      execute: async (context) => {
        // A step beside this one has just ended the process.
        if (life.dead) return new Promise(() => {});
        const { script } = context.input as { readonly script: string };
        return execute(context, JSON.parse(script) as StepScript);
      },
    };
  }

  async #sleep(context: StepContext, script: StepScript, life: Life): Promise<StepResult> {
    this.#note(context, script, { life, outcome: 'done' });
    await this.#passes(this.#soon(), life);
    return { kind: 'wait', until: context.now + script.sleepMs };
  }

  async #emit(context: StepContext, script: StepScript, life: Life): Promise<StepResult> {
    this.#note(context, script, { life, outcome: 'done' });
    await this.#passes(this.#soon(), life);
    const data = { of: context.key, n: 1 };
    const emits = script.emits.map((type) => ({ type, data }));
    return { kind: 'done', output: script.id, emits };
  }

  #act(context: StepContext, script: StepScript, life: Life): Promise<StepResult> {
    const { question } = context.input as { readonly question?: boolean };
    if (question === true) return this.#answer(context, script, life);
    const target = this.target(context.key);
    const outcome = outcomeOf(script, target.calls.length);
    this.#note(context, script, { life, outcome });
    return this.#come(context, { outcome, effect: script.effect, target, life });
  }

  #note(
    context: StepContext,
    script: StepScript,
    { life, outcome, question = false }: Pick<Call, 'life' | 'outcome'> & { question?: boolean },
  ): void {
    const { key } = context;
    const call = { key, script, context, question, outcome, life, at: this.#options.scheduler.now };
    this.#options.called(call);
    const target = this.target(key);
    (question ? target.questions : target.calls).push(call);
  }

  async #answer(context: StepContext, script: StepScript, life: Life): Promise<StepResult> {
    const target = this.target(context.key);
    const answer = answerOf(script, target.questions.length);
    this.#note(context, script, { life, outcome: 'done', question: true });
    await this.#passes(this.#soon(), life);
    if (answer === 'unreachable') return retry('sim.unreachable', 'no');
    if (answer === 'unclear') return retry('sim.unclear', 'maybe');
    if (target.happened > 0) return { kind: 'done', output: script.id };
    target.deniedAfter = target.calls.length;
    return { kind: 'fail', error: { ...error('sim.not_there', 'no'), answered: true } };
  }

  async #come(
    { signal, step }: StepContext,
    to: { outcome: Outcome; effect: string; target: Target; life: Life },
  ): Promise<StepResult> {
    const { outcome, life } = to;
    const { random, kill } = this.#options;
    switch (outcome) {
      case 'done':
      case 'unanswered':
        await this.#happens(to, this.#soon());
        await this.#passes(this.#soon(), life);
        return outcome === 'done' ? done(step) : retry('sim.unanswered', 'maybe');
      case 'slow':
        await this.#unlessAborted(signal, SLOW_MS * random(), life);
        await this.#happens(to, 0);
        return done(step);
      case 'refused':
      case 'refused-until': {
        await this.#passes(this.#soon(), life);
        const refusal = retry('sim.refused', 'no');
        return outcome === 'refused' ? refusal : { ...refusal, afterMs: AFTER_MS };
      }
      case 'throws':
        throw new Error('thrown by the script');
      case 'fails':
        return { kind: 'fail', error: error('sim.fails', 'no') };
      case 'throws-terminal':
        throw new TerminalError('thrown by the script, for good');
      case 'hangs':
        if (random() < 0.5) void this.#happens(to, LATE_MS * random());
        return new Promise(() => {});
      case 'stalls':
        return this.#unlessAborted(signal, Number.POSITIVE_INFINITY, life) as Promise<never>;
      case 'kills':
        kill(life);
        return new Promise(() => {});
    }
  }

  /** The effect takes place. What was sent may arrive after its sender is gone. */
  #happens(to: { effect: string; target: Target; life: Life }, delayMs: number): Promise<void> {
    const { scheduler, random, lateEffects } = this.#options;
    // A target that can be asked knows what it was sent: nothing comes after it was denied.
    const late = lateEffects && to.effect !== 'verify' && random() < 0.5;
    const quick = to.effect === 'verify' ? Math.min(delayMs, 5) : delayMs;
    return new Promise((resolve) => {
      scheduler.after(Math.floor(quick), late ? this.#immortal : to.life, () => {
        to.target.happened++;
        resolve();
      });
    });
  }

  #passes(delayMs: number, life: Life): Promise<void> {
    return new Promise((resolve) => {
      this.#options.scheduler.after(delayMs, life, resolve);
    });
  }

  #unlessAborted(signal: AbortSignal, delayMs: number, life: Life): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => reject(new Error('told to end'));
      if (signal.aborted) return end();
      signal.addEventListener('abort', end);
      if (Number.isFinite(delayMs)) {
        this.#options.scheduler.after(Math.floor(delayMs), life, resolve);
      }
    });
  }

  #soon(): number {
    return Math.floor(this.#options.random() * 20);
  }
}

const ANYTHING = z.record(z.string(), z.unknown());

function done(step: string): StepResult {
  return { kind: 'done', output: step };
}

function retry(
  code: string,
  happened: StepError['happened'],
): Extract<StepResult, { kind: 'retry' }> {
  return { kind: 'retry', error: error(code, happened) };
}

function error(code: string, happened: StepError['happened']): StepError {
  return { code, message: `the script says ${code}`, happened };
}
