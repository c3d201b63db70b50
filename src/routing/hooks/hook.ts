import type { Event } from '../../events/event.ts';
import { matchesText } from '../../events/pattern.ts';
import type { Clock } from '../../std/clock.ts';
import type { Logger } from '../../std/logger.ts';
import { type HookAnswer, readAnswer } from './answer.ts';
import type { HookCaller } from './caller.ts';
import type { HookName } from './shape.ts';

/** What a hook is given. */
export interface HookPayload {
  readonly hook: HookName;
  readonly event: Event;
  /** The flow, where it is about one. */
  readonly handler: string | null;
  readonly run: string | null;
  readonly result: HookResult | null;
  readonly reason: string | null;
}

/** How a run ended. */
export interface HookResult {
  readonly success: boolean;
  readonly duration_ms: number;
  readonly error: string | null;
}

/** What came of asking a hook; `aborted` where the daemon stops. */
export type Asked = HookAnswer | { readonly kind: 'aborted' };

/** What a hook is made of. */
export interface HookOptions {
  readonly name: HookName;
  /** What people know it by: the module, or the program with its script. */
  readonly title: string;
  readonly onFailure: 'open' | 'closed';
  /** The pattern of the types of events that it wants to hear of. */
  readonly events: string;
  readonly caller: HookCaller;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Failures of one hook are told so often at most. */
const TELL_MS = 5_000;

/** One hook: asks, understands the answer, and says what a failure means. */
export class Hook {
  readonly name: HookName;
  readonly title: string;
  readonly caller: HookCaller;
  readonly #options: HookOptions;
  #failures = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: HookOptions) {
    this.#options = options;
    this.name = options.name;
    this.title = options.title;
    this.caller = options.caller;
  }

  /** How often it has failed since the daemon started. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether it wants to hear of events of this type. */
  wants(type: string): boolean {
    return matchesText(this.#options.events, type);
  }

  /**
   * Asks the hook. A failure is told, counted, and answers as the hook declares: `open` goes on,
   * `closed` denies. Never rejects.
   */
  async ask(about: Omit<HookPayload, 'hook'>, signal: AbortSignal): Promise<Asked> {
    const payload: HookPayload = { hook: this.name, ...about };
    const end = await this.caller.call(JSON.stringify(payload), signal);
    if (end.kind === 'aborted') return end;
    if (end.kind === 'failed') return this.#failed(end.reason);
    const answer = readAnswer(end.text);
    return answer.kind === 'bad'
      ? this.#failed(`it gave no answer that can be understood: ${answer.problem}`)
      : answer;
  }

  #failed(reason: string): HookAnswer {
    const { onFailure, clock, logger } = this.#options;
    const failures = ++this.#failures;
    const now = clock.monotonic();
    if (now - this.#toldAt >= TELL_MS) {
      this.#toldAt = now;
      const { title, name } = this;
      logger.warn('a hook failed', { hook: title, at: name, reason, failures, fail: onFailure });
    }
    if (onFailure === 'open') return { kind: 'continue' };
    return { kind: 'filter', action: 'deny', reason: `the hook failed: ${reason}` };
  }
}
