import { resolve } from 'node:path';
import { loadDriver } from '../store/sqlite/driver.ts';
import { restoreCopy, type Restored } from '../store/sqlite/restore.ts';
import { placeOf, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { count, printDocument } from './output.ts';
import { shownCommand } from './shown-command.ts';

/** The flags of `restore`. */
export interface RestoreFlags extends Globals {
  readonly replace?: boolean | undefined;
}

/** Makes the data directory's store of a backup. No daemon may run; the next one is paused. */
export async function restore(this: CliContext, flags: RestoreFlags, file: string): Promise<void> {
  const { dataDirectory: directory } = placeOf(this, flags);
  const restored = restoreCopy({
    driver: await loadDriver(),
    file: resolve(this.workingDirectory, file),
    directory,
    replace: flags.replace === true,
    now: this.clock.now(),
  });
  if (wantsJson(this, flags)) return printDocument(this.terminal, { data: directory, ...restored });
  const shown = (...words: string[]): string => shownCommand(this, flags, ...words);
  await this.terminal.print(`${describe(restored, directory, shown).join('\n')}\n`);
}

function describe(
  { head, open, kept, incarnation }: Restored,
  directory: string,
  shown: (...words: string[]) => string,
): string[] {
  const since = `What happened after event ${head} is not in it`;
  return [
    `${directory} holds ${count(head, 'event')} again, as incarnation ${incarnation} of the log.`,
    ...(kept === null ? [] : [`What was there before is kept as ${kept}.`]),
    `${since}: of the runs, ${open} may have gone on, and begin again where they stood.`,
    `See them with: ${shown('effects', '--uncertain')}`,
    `Tokens that were taken back since let somebody in again: ${shown('tokens')}`,
    `The daemon starts paused; let it go on with: ${shown('resume')}`,
  ];
}
