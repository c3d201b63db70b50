import type { Clock } from '../../std/clock.ts';

/** What calls a hook, be it a module or a command. */
export interface HookCaller {
  /** Makes ready what need not wait for the first call. */
  start(): void;
  /**
   * Calls the hook with a payload of JSON. Calls begin in their order; the budget of one counts
   * from when it begins. Never rejects.
   */
  call(payload: string, signal: AbortSignal): Promise<CallEnd>;
  /** Ends what is still under way. */
  stop(): Promise<void>;
}

/** How a call ended. */
export type CallEnd =
  /** With what the hook said, of which nothing is known yet. */
  | { readonly kind: 'answered'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string }
  /** The daemon stops. */
  | { readonly kind: 'aborted' };

/** Characters of JSON that a hook may answer with. */
export const ANSWER_LENGTH_MAX = 1_048_576;

/** The call's end, or where that takes too long or `signal` is aborted, an end of its own. */
export function within(
  call: Promise<CallEnd>,
  limit: { readonly clock: Clock; readonly budgetMs: number; readonly signal: AbortSignal },
): Promise<CallEnd & { readonly over?: true }> {
  const { clock, budgetMs, signal } = limit;
  return new Promise((resolve) => {
    const reason = `it did not answer within ${budgetMs} ms`;
    const timer = clock.schedule(budgetMs, () => end({ kind: 'failed', reason, over: true }));
    const abort = (): void => end({ kind: 'aborted', over: true });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    void call.then(end);

    function end(how: CallEnd & { readonly over?: true }): void {
      timer.cancel();
      signal.removeEventListener('abort', abort);
      resolve(how);
    }
  });
}
