import { escapeText } from '../std/escape.ts';
import { canAsk } from './ask.ts';
import { Chain } from './chain.ts';
import { ChainPrompt, type PromptParts } from './chain-prompt.ts';
import type { Client, FlowStart } from './client.ts';
import { connect, connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { tellEnds } from './emit-wait.ts';
import type { Globals } from './globals.ts';
import { printJsonLine } from './output.ts';
import { contentLine } from './proposal-text.ts';
import { shownCommand } from './shown-command.ts';

/** What is started so that somebody is asked. */
export interface InteractiveStart {
  readonly flow: string;
  /** JSON. */
  readonly data: string;
  /** Whether its end is waited for where nobody can be asked here. */
  readonly wait: boolean;
}

/** What a shell gives as the exit code of what Ctrl-C has ended. */
const INTERRUPTED = 130;

/**
 * Starts a flow or a choreography so that each step that acts is asked about first. At a terminal
 * the questions come here, until all that came of the start has ended; elsewhere it says where they
 * are answered, and waits for nobody unless it is told to.
 */
export async function triggerInteractive(
  context: CliContext,
  flags: Globals,
  start: InteractiveStart,
): Promise<void> {
  const asksHere = canAsk(context) && !wantsJson(context, flags);
  if (asksHere || start.wait) {
    return using(await connectToDaemon(context, flags), (client) =>
      seeThrough(context, flags, { ...start, client, asksHere }),
    );
  }
  await using(await connect(context, flags), async (client) => {
    const receipt = await client.startFlow(start.flow, start.data, true);
    if (wantsJson(context, flags)) await printJsonLine(context.terminal, receipt);
    else await context.terminal.print(`${receipt.event}\n`);
    noteWhere(context, flags);
  });
}

/** Where whoever cannot be asked here is to answer. */
function noteWhere(context: CliContext, flags: Globals): void {
  const list = shownCommand(context, flags, 'proposals');
  const approve = shownCommand(context, flags, 'approve');
  const how = `see them with: ${list}, decide with: ${approve} ID`;
  context.terminal.note(`It asks before each step that acts; ${how}\n`);
}

interface Seen extends InteractiveStart {
  readonly client: Client;
  readonly asksHere: boolean;
}

async function seeThrough(context: CliContext, flags: Globals, seen: Seen): Promise<void> {
  const { client, flow, data, asksHere } = seen;
  const receipt = await client.startFlow(flow, data, true);
  const { event: id, seq } = receipt;
  if (!wantsJson(context, flags)) await context.terminal.print(`${id}\n`);
  const chain = new Chain(client, { id, seq });
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once('SIGINT', interrupt);
  try {
    const parts = { client, chain, signal: interrupted.signal };
    const ended = asksHere
      ? await new ChainPrompt(context, flags, parts).run()
      : await tellThrough(context, flags, parts);
    if (!ended) return leave(context, flags, receipt);
  } finally {
    process.off('SIGINT', interrupt);
  }
  const disposition = (await client.event(id, seq))?.disposition ?? [];
  const see = shownCommand(context, flags, 'events', 'show', id);
  const silence = `${escapeText(flow)} was not started; see: ${see}`;
  await tellEnds(context, flags, { receipt, silence, disposition, runs: await chain.runs() });
}

/** Says of each proposal of the chain that it is open, until it is over; false where broken off. */
async function tellThrough(
  context: CliContext,
  flags: Globals,
  { client, chain, signal }: PromptParts,
): Promise<boolean> {
  noteWhere(context, flags);
  const told = new Set<string>();
  void chain.follow();
  while (!chain.isOver) {
    for (const id of chain.open) {
      if (told.has(id)) continue;
      told.add(id);
      const found = await client.proposals.find(id);
      const what = found === undefined ? '' : `: ${escapeText(contentLine(found.content))}`;
      context.terminal.note(`proposal ${id} is open${what}\n`);
    }
    if (!(await chain.changeUnless(signal))) return false;
  }
  return true;
}

/** Nothing is undone by leaving: what is open stays open. */
function leave(context: CliContext, flags: Globals, { event }: FlowStart): void {
  const see = shownCommand(context, flags, 'events', 'show', event);
  const list = shownCommand(context, flags, 'proposals');
  const approve = shownCommand(context, flags, 'approve');
  context.terminal.note(
    `\nWhat was started goes on, and waits where it asks. See it with: ${see}\n` +
      `Go on with: ${list}, and: ${approve} ID\n`,
  );
  context.process.exitCode = INTERRUPTED;
}
