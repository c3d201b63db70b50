import type { Status } from '../views/engine-view.ts';
import { connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';
import { describePause } from './pause-text.ts';

/** The flags of `pause`. */
export interface PauseFlags extends Globals {
  readonly reason?: string | undefined;
  readonly now?: boolean | undefined;
}

/** What the daemon answers: whether something changed, and what is paused now. */
export interface PauseAnswer {
  readonly changed: boolean;
  readonly paused: Status['paused'];
}

/** Has the daemon begin no run of the flow, or of any; with --now those under way stop too. */
export async function pause(this: CliContext, flags: PauseFlags, flow?: string): Promise<void> {
  const { reason, now } = flags;
  const client = await connectToDaemon(this, flags);
  await print(this, flags, await using(client, () => client.pause({ flow, reason, now })));
}

/** Ends the pause of the flow, or the one of all flows. */
export async function resume(this: CliContext, flags: Globals, flow?: string): Promise<void> {
  const client = await connectToDaemon(this, flags);
  await print(this, flags, await using(client, () => client.resume({ flow })));
}

async function print(context: CliContext, flags: Globals, answer: PauseAnswer): Promise<void> {
  if (wantsJson(context, flags)) return printDocument(context.terminal, answer);
  const { changed, paused } = answer;
  const lines = [
    ...(changed ? [] : ['Nothing has changed.']),
    ...(paused.length === 0 ? ['Nothing is paused.'] : paused.map(describePause)),
  ];
  await context.terminal.print(`${lines.join('\n')}\n`);
}
