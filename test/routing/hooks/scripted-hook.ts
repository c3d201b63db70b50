import type { CallEnd, HookCaller } from '../../../src/routing/hooks/caller.ts';
import { Hook, type HookOptions, type HookPayload } from '../../../src/routing/hooks/hook.ts';
import { silentLogger } from '../../../src/std/logger.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';

/** What a test says in place of a module or a command: an answer, or how the call ended. */
export type Script = (
  payload: HookPayload,
  signal: AbortSignal,
) => Promise<object | undefined> | object | undefined;

/** A hook that answers as the test says, with all that it was asked about. */
export interface ScriptedHook extends Hook {
  readonly asked: HookPayload[];
}

export function scriptedHook(script: Script, options: Partial<HookOptions> = {}): ScriptedHook {
  const asked: HookPayload[] = [];
  const caller: HookCaller = {
    start: () => {},
    stop: async () => {},
    async call(text, signal): Promise<CallEnd> {
      const payload = JSON.parse(text) as HookPayload;
      asked.push(payload);
      const answer = await script(payload, signal);
      if (signal.aborted) return { kind: 'aborted' };
      if (answer !== undefined && 'fails' in answer)
        return { kind: 'failed', reason: String(answer.fails) };
      return { kind: 'answered', text: answer === undefined ? '' : JSON.stringify(answer) };
    },
  };
  const hook = new Hook({
    name: 'event:received',
    title: 'scripted',
    onFailure: 'open',
    events: '*',
    caller,
    clock: new SimulatedClock(),
    logger: silentLogger,
    ...options,
  });
  return Object.assign(hook, { asked });
}
