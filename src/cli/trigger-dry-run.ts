import type { Configuration } from '../config.ts';
import { autonomyOf } from '../gates/autonomy.ts';
import type { Judging } from '../gates/judging.ts';
import { Judges } from '../routing/judges.ts';
import { type PreviewedStart, previewStart, type StartPreview } from '../views/start-preview.ts';
import { loadForCommand } from './configuration.ts';
import { findRunning, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';
import { previewLines } from './preview-text.ts';

/**
 * Shows the steps of a flow or a choreography as they would run: records nothing and calls nothing.
 * A daemon says it of the flows in force; where none runs, the files say it. The exit code is 1
 * where a step could not be filled in with this data.
 */
export async function triggerDryRun(
  context: CliContext,
  flags: Globals,
  start: PreviewedStart,
): Promise<void> {
  const preview = await previewOf(context, flags, start);
  if (wantsJson(context, flags)) await printDocument(context.terminal, preview);
  else await context.terminal.print(`${previewLines(preview).join('\n')}\n`);
  if (preview.failed) context.process.exitCode = EXIT.failed;
}

async function previewOf(
  context: CliContext,
  flags: Globals,
  start: PreviewedStart,
): Promise<StartPreview> {
  const daemon = await findRunning(context, flags);
  if (daemon !== undefined) return using(daemon, (client) => client.previewStart(start));
  const configuration = await loadForCommand(context, flags);
  const { catalog, secrets } = configuration;
  const now = context.clock.now();
  return previewStart({ catalog, secrets, now, judging: judgesOf(configuration) }, start);
}

/** Judges by the files alone: what people have set by command is known to a daemon. */
function judgesOf({ catalog, settings }: Configuration): Judging {
  const { gates, autonomy: written } = settings;
  const none = { written, set: undefined, flowSet: undefined, fallen: false };
  return new Judges({
    autonomy: { levelOf: async ({ autonomy }) => autonomyOf({ ...none, flowWritten: [autonomy] }) },
    catalogs: { findTool: async (_, tool) => catalog.tools?.get(tool) },
    table: () => gates,
  });
}
