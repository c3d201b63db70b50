import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { shellFunctions } from '../events/event-log/shell.ts';
import { DEFAULT_PATH, EVENT_LOG, eventLogConfig } from '../sources/event-log/shape.ts';
import { findingLines, load } from './configuration.ts';
import { placeOf } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';

/** The flags of `shellenv`. */
export interface ShellenvFlags extends Globals {
  readonly log?: string | undefined;
}

/** Prints `emit_event` for bash, to be read with: eval "$(signalbox shellenv)" */
export async function shellenv(this: CliContext, flags: ShellenvFlags): Promise<void> {
  await this.terminal.print(shellFunctions(await logOf(this, flags)));
}

/** The log that is named; else the first that the configuration reads; else the usual one. */
async function logOf(context: CliContext, flags: ShellenvFlags): Promise<string> {
  const { workingDirectory } = context;
  if (flags.log !== undefined) return resolve(workingDirectory, flags.log);
  const { configFile } = placeOf(context, flags);
  if (configFile === undefined || !existsSync(configFile)) {
    return resolve(workingDirectory, DEFAULT_PATH);
  }
  const { configuration, findings } = await load(context, configFile);
  if (configuration === undefined) {
    for (const line of findingLines(findings)) context.terminal.note(`${line}\n`);
  }
  const sources = [...(configuration?.catalog.sources?.values() ?? [])];
  const source = sources.find(({ type }) => type === EVENT_LOG);
  const path = source === undefined ? DEFAULT_PATH : eventLogConfig(source.config).path;
  return resolve(dirname(configFile), path);
}
