import { connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';

/** The flags of `login`. */
export interface LoginFlags extends Globals {
  readonly person?: string | undefined;
}

/** Prints a link that lets one browser in, once. */
export async function login(this: CliContext, flags: LoginFlags): Promise<void> {
  const client = await connectToDaemon(this, flags);
  const { ticket, expires } = await using(client, () => client.tokens.link(flags.person));
  const link = new URL(`/login?ticket=${encodeURIComponent(ticket)}`, client.url).href;
  if (wantsJson(this, flags)) return printDocument(this.terminal, { url: link, expires });
  await this.terminal.print(`${link}\n`);
  this.terminal.note('Open it within a minute. It works once, and is for you alone.\n');
}
