import { TYPE_LENGTH_MAX } from '../../events/event.ts';
import { patternProblem } from '../../events/pattern.ts';
import type { HookPayload } from '../../routing/hooks/hook.ts';
import type { CodeHook } from '../../routing/hooks/code-hook.ts';
import { BUDGET_MS, HOOK_NAMES, type HookName } from '../../routing/hooks/shape.ts';
import { SignalboxError } from '../../std/errors.ts';
import type { Json } from '../../std/json.ts';

/** What a hook of `event:received` may answer; what others answer means nothing. */
export type HookReply =
  | { readonly action: 'continue' }
  | { readonly action: 'skip' | 'deny'; readonly reason?: string }
  | { readonly action: 'modify'; readonly data: Json };

/** A hook in code. It is given a copy of what it is about. */
export type HookFunction = (
  payload: HookPayload,
) => HookReply | void | undefined | Promise<HookReply | void | undefined>;

/** What holds for the calls of a hook: the same as in a file. */
export interface HookOptions {
  /** What the log and people know it by. */
  readonly title?: string;
  /** The pattern of the types that it wants to hear of: all where it is left out. */
  readonly events?: string;
  /** What it means that it throws, or takes too long; `open` goes on. */
  readonly on_failure?: 'open' | 'closed';
  /** How long its promise may take, in milliseconds. */
  readonly budgetMs?: number;
}

/**
 * A function as a hook.
 *
 * @throws SignalboxError `config.invalid` for a name that there is not, or a bad pattern.
 */
export function codeHook(name: HookName, ask: HookFunction, options: HookOptions): CodeHook {
  const { events = '*', on_failure: onFailure = 'open', budgetMs = BUDGET_MS } = options;
  const title = options.title ?? (ask.name || 'a function');
  const problem = nameProblem(name) ?? patternProblem(events.slice(0, TYPE_LENGTH_MAX));
  if (problem !== undefined) throw new SignalboxError('config.invalid', `A hook: ${problem}.`);
  const call = (payload: HookPayload): unknown => ask(payload);
  return { name, title, call, events, onFailure, budgetMs };
}

function nameProblem(name: string): string | undefined {
  if (HOOK_NAMES.some((known) => known === name)) return undefined;
  return `there is none "${name}"; there are ${HOOK_NAMES.join(', ')}`;
}
