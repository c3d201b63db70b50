import type { Event } from '../../../events/event.ts';
import type { OwnToolOptions } from './call.ts';

/** Whether somebody sits before a tool's call: `trigger` or `tools run` with `--interactive`. */
export type Mode = 'interactive' | 'automated';

/** What a call is told of that: nobody sits before a flow's steps but where its event says so. */
export function modeOf(
  { interactive }: Pick<Event, 'interactive'>,
  { mode }: Pick<OwnToolOptions, 'mode'>,
): { readonly MODE: Mode } {
  return { MODE: mode ?? (interactive === true ? 'interactive' : 'automated') };
}
