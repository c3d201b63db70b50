import type { StepContext, StepResult } from '../../runs/step-kind.ts';
import type { Json } from '../../std/json.ts';
import type { Cause } from '../../store/record.ts';
import { signalboxShape } from './signalbox-shape.ts';
import type { Tool } from './tool.ts';

/** What a flow asks of the daemon: an action of `signalboxShape` with its arguments. */
export type UpkeepRequest = { readonly reason?: string } & (
  | { readonly action: 'restart_source'; readonly source: string }
  | { readonly action: 'limit'; readonly flow: string; readonly limit: number }
  | { readonly action: 'restore_limit' | 'pause' | 'resume'; readonly flow: string }
  | { readonly action: 'retry'; readonly letter: string; readonly flow?: string }
);

/** Which flow asks, and for what event. */
export interface Asking {
  readonly flow: string;
  readonly cause: Cause;
}

/** What came of it. */
export type UpkeepOutcome =
  | { readonly kind: 'done'; readonly changed: boolean }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** Does to the daemon what flows ask. */
export interface Upkeep {
  (request: UpkeepRequest, asking: Asking): Promise<UpkeepOutcome>;
}

/** The `signalbox` tool over what does it. */
export function signalboxTool(upkeep: Upkeep): Tool {
  return {
    shape: signalboxShape,
    run: async (action, { flow, event }: StepContext, input): Promise<StepResult> => {
      // The registry has checked both by the shape.
      const request = { ...(input as object), action } as UpkeepRequest;
      const cause = {
        correlation: event.correlationid,
        causation: event.seq,
        hops: event.hops + 1,
      };
      const outcome = await upkeep(request, { flow, cause });
      if (outcome.kind === 'done') return { kind: 'done', output: doneOf(outcome) };
      const { code, message } = outcome;
      return { kind: 'fail', error: { code, message, happened: 'no' } };
    },
  };
}

function doneOf({ changed }: Extract<UpkeepOutcome, { kind: 'done' }>): Json {
  return { changed };
}
