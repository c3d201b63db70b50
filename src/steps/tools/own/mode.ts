import type { OwnToolOptions } from './call.ts';

/** Whether somebody sits before a tool's call: `tools run --interactive`. */
export type Mode = 'interactive' | 'automated';

/** What a call is told of that. Nobody sits before a flow's steps. */
export function modeOf({ mode = 'automated' }: Pick<OwnToolOptions, 'mode'>): {
  readonly MODE: Mode;
} {
  return { MODE: mode };
}
