import { connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';
import { noteWarnings, planLines, printBadFiles } from './plan-text.ts';

/**
 * Has the running daemon read its files again and put them in force, and says what changed. Exit
 * code 65 where they are bad: then nothing has changed.
 */
export async function reload(this: CliContext, flags: Globals): Promise<void> {
  const result = await using(await connectToDaemon(this, flags), (client) => client.reload());
  const json = wantsJson(this, flags);
  if (!result.ok) return printBadFiles(this, result, { json });
  if (json) return printDocument(this.terminal, result);
  noteWarnings(this, result);
  const { activated, files } = result;
  const outcome = activated
    ? `In force from now on: ${files}.`
    : 'The files were in force already.';
  await this.terminal.print(`${[...planLines(result, this.terminal), outcome].join('\n')}\n`);
}
