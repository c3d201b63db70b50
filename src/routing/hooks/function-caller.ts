import type { Clock } from '../../std/clock.ts';
import { messageOf } from '../../std/errors.ts';
import { ANSWER_LENGTH_MAX, type CallEnd, type HookCaller, within } from './caller.ts';
import { Turns } from './turns.ts';

/** What a function is called with. */
export interface FunctionCallerOptions {
  readonly call: (payload: unknown) => unknown;
  readonly budgetMs: number;
  readonly clock: Clock;
}

/**
 * Calls a function of the program that the engine runs in, one call after the other. It shares the
 * program's loop: its budget ends the waiting for a promise, and cannot interrupt a loop.
 */
export class FunctionCaller implements HookCaller {
  readonly #options: FunctionCallerOptions;
  readonly #turns = new Turns(1);

  constructor(options: FunctionCallerOptions) {
    this.#options = options;
  }

  start(): void {
    // It is there already.
  }

  async call(payload: string, signal: AbortSignal): Promise<CallEnd> {
    await this.#turns.enter();
    try {
      if (signal.aborted) return { kind: 'aborted' };
      const { clock, budgetMs } = this.#options;
      return await within(this.#answer(payload), { clock, budgetMs, signal });
    } finally {
      this.#turns.leave();
    }
  }

  async stop(): Promise<void> {
    // What is under way is the program's own.
  }

  async #answer(payload: string): Promise<CallEnd> {
    try {
      // A copy: nothing that a hook changes in it reaches the engine. Undefined is no JSON.
      const text = JSON.stringify(await this.#options.call(JSON.parse(payload))) ?? '';
      if (text.length <= ANSWER_LENGTH_MAX) return { kind: 'answered', text };
      const reason = `it answered with ${text.length} characters, over ${ANSWER_LENGTH_MAX}`;
      return { kind: 'failed', reason };
    } catch (error) {
      return { kind: 'failed', reason: `it threw: ${messageOf(error)}` };
    }
  }
}
