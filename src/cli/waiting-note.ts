import { escapeText } from '../std/escape.ts';
import type { Client } from './client.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { shownCommand } from './shown-command.ts';

/** An event that was recorded. */
interface Recorded {
  readonly client: Client;
  readonly id: string;
  readonly seq: number;
}

/**
 * Says on standard error what a command that waits is kept by: each proposal that comes of the
 * event, and how to decide on it. Ends, and never fails, when the client is closed.
 */
export async function noteProposals(
  context: CliContext,
  flags: Globals,
  { client, id, seq }: Recorded,
): Promise<void> {
  try {
    for await (const opened of client.follow({ after: seq, type: 'proposal.opened' })) {
      if (opened.correlationid !== id) continue;
      const proposal = escapeText(opened.id);
      const decide = shownCommand(context, flags, 'approve', proposal);
      context.terminal.note(`proposal ${proposal} waits for somebody; decide with: ${decide}\n`);
    }
  } catch {
    // Whoever waits for the runs says what has become of the daemon.
  }
}
