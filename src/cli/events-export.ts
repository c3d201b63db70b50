import { connect, using } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { printJsonLine } from './output.ts';

/** The flags of `events export`. */
export interface ExportFlags extends Globals {
  readonly fromSeq?: number | undefined;
}

/** Writes the log, as it stands when the command begins, as JSON lines; the oldest event first. */
export async function exportEvents(this: CliContext, flags: ExportFlags): Promise<void> {
  const after = Math.max(0, (flags.fromSeq ?? 1) - 1);
  await using(await connect(this, flags), async (client) => {
    const { events: until } = await client.stats();
    if (after >= until) return;
    for await (const event of client.log({ after, until })) {
      await printJsonLine(this.terminal, event);
      if (!this.terminal.open) return;
    }
  });
}
