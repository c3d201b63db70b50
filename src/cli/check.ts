import { basename, dirname, relative, resolve } from 'node:path';
import type { Loaded } from '../config.ts';
import { PART_FOLDERS } from '../config/files.ts';
import { homeOf } from '../config/home.ts';
import type { Finding } from '../std/diagnostics.ts';
import { type FileFlags, findingLines, load, loadNamed } from './configuration.ts';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { exitCodeOfFindings } from './exit-code.ts';
import { count, printDocument } from './output.ts';
import { findPlace } from './place.ts';

/** The flags of `check`. */
export interface CheckFlags extends FileFlags {
  readonly strict?: boolean | undefined;
}

/**
 * Checks configurations and prints every finding with its place. Exit code 65 where one is an
 * error, and with `--strict` also where one is a warning.
 */
export async function check(
  this: CliContext,
  flags: CheckFlags,
  ...files: string[]
): Promise<void> {
  const loads: Loaded[] = [];
  if (files.length === 0) loads.push(await loadNamed(this, flags));
  for (const file of files) loads.push(await loadFile(this, file, flags.profile));

  const findings = loads.flatMap((loaded) => loaded.findings);
  const refused = findings.filter(({ severity }) => flags.strict === true || severity === 'error');
  if (refused.length > 0) this.process.exitCode = exitCodeOfFindings(refused);
  if (wantsJson(this, flags)) {
    return printDocument(this.terminal, { ok: refused.length === 0, findings });
  }
  const lines = [...findingLines(findings), summaryOf(loads, findings)];
  await this.terminal.print(`${lines.join('\n')}\n`);
}

/** A file of flows is checked together with its configuration, any other file as one. */
function loadFile(context: CliContext, file: string, profile?: string): Promise<Loaded> {
  const path = resolve(context.workingDirectory, file);
  const { configFile } = findPlace({}, dirname(path));
  const isPart = PART_FOLDERS.includes(basename(dirname(path))) && configFile !== undefined;
  if (!isPart) return load(context, file, { profile });
  const directory = homeOf(configFile);
  const config = relative(context.workingDirectory, configFile);
  return load(context, config, { profile, files: [relative(directory, path)] });
}

function summaryOf(loads: readonly Loaded[], findings: readonly Finding[]): string {
  const of = (severity: string): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const [errors, warnings] = [of('error'), of('warning')];
  if (errors + warnings > 0) return `${count(errors, 'error')}, ${count(warnings, 'warning')}.`;
  const flows = loads.reduce(
    (sum, { configuration }) => sum + (configuration?.catalog.flows.size ?? 0),
    0,
  );
  return `${count(flows, 'flow')}, nothing found.`;
}
