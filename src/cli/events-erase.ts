import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';
import { explainRefusal } from './unknown-id.ts';

/** The flags of `events erase`. */
export interface EraseFlags extends Globals {
  readonly reason?: string | undefined;
}

/** Destroys the data of one event for good. Its record stays, so that the log is still proved. */
export async function eraseEvent(this: CliContext, flags: EraseFlags, id: string): Promise<void> {
  const changed = await using(await connect(this, flags), (client) =>
    client
      .erase(id, flags.reason)
      .catch((error: unknown) => explainRefusal(error, client, { sought: 'event', id })),
  );
  if (wantsJson(this, flags)) return printDocument(this.terminal, { id, changed });
  const done = changed ? 'is erased from the log for good' : 'was erased before';
  await this.terminal.print(`The data of ${id} ${done}.\n`);
  if (!changed) return;
  this.terminal.note('What steps made of it stands in their own records; backups keep it too.\n');
}
