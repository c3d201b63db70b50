import { type BadFiles, type Plan, planOf } from '../config/definitions.ts';
import type { Loaded } from '../config.ts';
import { SignalboxError } from '../std/errors.ts';
import { type FileFlags, loadNamed } from './configuration.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { printDocument } from './output.ts';
import { noteWarnings, planLines, printBadFiles } from './plan-text.ts';
import { shownCommand } from './shown-command.ts';

/**
 * Says what the files would change of what is in force, and changes nothing. A daemon that runs
 * reads them itself. Exit code 65 where the files are bad.
 */
export async function plan(this: CliContext, flags: FileFlags): Promise<void> {
  const files = (): Promise<Loaded> => loadNamed(this, flags);
  const { answer, running } = await ask(this, flags, files);
  const json = wantsJson(this, flags);
  if (!answer.ok) return printBadFiles(this, answer, { json });
  if (json) return printDocument(this.terminal, answer);
  noteWarnings(this, answer);
  const lines = [
    ...planLines(answer, this.terminal),
    ...remedyFor(answer, { running, profile: flags.profile }).map((words) => {
      return `Put the files in force with: ${shownCommand(this, flags, ...words)}`;
    }),
  ];
  await this.terminal.print(`${lines.join('\n')}\n`);
}

interface Asked {
  readonly answer: Plan | BadFiles;
  /** Whether a daemon answered. */
  readonly running: boolean;
}

async function ask(
  context: CliContext,
  flags: FileFlags,
  files: () => Promise<Loaded>,
): Promise<Asked> {
  try {
    const client = await connect(context, flags, { creates: false, files });
    return await using(client, async () => {
      return { answer: await client.plan(), running: client.url !== undefined };
    });
  } catch (error) {
    if (!(error instanceof SignalboxError) || error.code !== 'data.absent') throw error;
    // No daemon has ever run here, so all that the files hold is new.
    const nothing = { catalog: undefined, settings: undefined, running: false, open: [] };
    return { answer: planOf(await files(), nothing), running: false };
  }
}

/** The command that puts the files in force; none where they are. */
function remedyFor(
  { in_force, files }: Plan,
  { running, profile }: { readonly running: boolean; readonly profile: string | undefined },
): string[][] {
  if (in_force === files) return [];
  if (running) return [['reload']];
  const laid = profile === undefined ? [] : ['--profile', profile];
  return [[...(in_force === null ? ['up'] : ['up', '--apply']), ...laid]];
}
